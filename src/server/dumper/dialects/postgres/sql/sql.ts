import type { Client, Submittable } from 'pg';

/**
 * One statement for the server. An object and not a text: texts can be joined, and then nobody knows how many they
 * are. It goes by the extended protocol, in which the server itself refuses a text with more than one statement.
 */
export interface Statement {
  readonly text: string;
  readonly queryMode: 'extended';
}

export const statement = (text: string): Statement => ({ text, queryMode: 'extended' });

/** A statement as it is written; what is put into it must be quoted, or checked by grammar.ts. */
export const sql = (
  parts: TemplateStringsArray,
  ...values: readonly (string | number | boolean)[]
): Statement => statement(String.raw({ raw: parts }, ...values));

/** Which of the statements failed, and with what the server said; else the transaction, if it has written anything. */
export interface Outcome {
  readonly refused?: Refused;
  readonly transaction?: string;
}

export interface Refused {
  readonly at: number;
  readonly error: unknown;
}

/**
 * Statements one by one, in one round trip and, outside of a transaction, in one of their own: all or none. Where
 * one was refused, nothing of that batch has happened.
 */
export function attempt(client: Client, statements: readonly Statement[]): Promise<Outcome> {
  if (statements.length === 0) return Promise.resolve({});
  return new Promise((resolve) => {
    client.query(new Batch([...statements, TRANSACTION], resolve));
  });
}

export async function run(client: Client, statements: readonly Statement[]): Promise<void> {
  const { refused } = await attempt(client, statements);
  if (refused) throw refused.error;
}

/** As rows of the catalog have it, in 32 bits. */
const TRANSACTION = sql`SELECT pg_catalog.mod(pg_catalog.txid_current_if_assigned(), 4294967296)::text`;

/** What pg wants of a query of one's own, and what it tells it. */
interface Wire {
  parse(query: { readonly text: string }): void;
  bind(config: { readonly values: readonly unknown[] }): void;
  execute(config: { readonly portal?: string }): void;
  sync(): void;
  sendCopyFail(reason: string): void;
  readonly stream: { cork(): void; uncork(): void };
}

/** Parse, bind and execute for each, and a single sync after the last: the server goes on from one to the next. */
class Batch implements Submittable {
  #done = 0;
  #last: string | undefined;

  constructor(
    readonly statements: readonly Statement[],
    readonly end: (outcome: Outcome) => void,
  ) {}

  submit = (connection: unknown): void => {
    const wire = connection as Wire;
    wire.stream.cork();
    try {
      for (const { text } of this.statements) {
        wire.parse({ text });
        wire.bind({ values: [] });
        wire.execute({});
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  };

  handleRowDescription(): void {}
  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#done === this.statements.length - 1) this.#last = fields[0] ?? undefined;
  }

  handlePortalSuspended(): void {}
  handleCopyData(): void {}

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('no rows come this way');
  }

  handleEmptyQuery(): void {
    this.#done += 1;
  }

  handleCommandComplete(): void {
    this.#done += 1;
  }

  handleError(error: unknown): void {
    this.end({ refused: { at: this.#done, error } });
  }

  handleReadyForQuery(): void {
    this.end(this.#last === undefined ? {} : { transaction: this.#last });
  }
}
