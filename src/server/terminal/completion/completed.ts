/** What a shell is told of the command line; made from the commands themselves. */
export interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly arguments: readonly Values[];
  readonly commands: readonly Completed[];
}

export interface CompletedOption {
  /** As they are written: `-q`, `--quiet`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent: it takes none. */
  readonly value?: Values;
}

/** What may stand in one place. */
export interface Values {
  readonly words: readonly string[];
  readonly files: boolean;
  /** So may what follows it. */
  readonly more?: boolean;
}

/** A command with the words by which it is reached: `schedule add`; of `ark` itself none. */
export interface Place extends Completed {
  readonly path: string;
}

export const placesIn = (command: Completed, path = ''): Place[] => [
  { ...command, path },
  ...command.commands.flatMap((inner) => placesIn(inner, `${path} ${inner.name}`.trim())),
];

/** A word that no shell would take for more than that. */
export function word(text: string): string {
  if (/^[A-Za-z0-9][\w-]*$|^--?[A-Za-z0-9][\w-]*$/.test(text)) return text;
  throw new Error(`a shell would not take ${JSON.stringify(text)} as one word`);
}

/** Between single quotes of any shell of these: no quote, no backslash, one line. */
export const description = (text: string): string =>
  text.replaceAll("'", '’').replaceAll('\\', '/').replace(/\s+/g, ' ');
