import { refused } from '../../errors/errors';
import { warn, type Warning } from '../app/warning';

const EXAMPLE = 80;

/** Values of a column that have no place in another kind of database. */
export interface ValueChange {
  readonly collection: string;
  readonly column: string;
  /** The type that they come into. */
  readonly type: string;
  rows: number;
  /** The beginning of the first of them, for people. */
  readonly example: string;
  /** What that becomes; null for nothing, undefined where nothing can be made of it. */
  readonly becomes: string | null | undefined;
}

/** What could be taken for something else on a page is in quotes, with its control characters spelled. */
function shown(text: string): string {
  const beginning = text.slice(0, EXAMPLE);
  return /^[\x21-\x7e]+$/.test(beginning) ? beginning : JSON.stringify(beginning);
}

/** What would not come as it is, by column. */
export class ValueChanges {
  readonly #columns = new Map<string, ValueChange>();

  add(
    collection: string,
    { column, type, nullable }: { column: string; type: string; nullable: boolean },
    value: string,
    near: string | null | undefined,
  ): void {
    const becomes = near === null && !nullable ? undefined : near;
    // What can be made something of is told apart from what cannot.
    const key = JSON.stringify([collection, column, becomes === undefined ? 'none' : becomes === null]);
    const known = this.#columns.get(key);
    if (known) known.rows += 1;
    else {
      this.#columns.set(key, {
        ...{ collection, column, type, rows: 1, example: shown(value) },
        becomes: typeof becomes === 'string' ? shown(becomes) : becomes,
      });
    }
  }

  /** Throws VALUE_UNFIT with all columns where something has no place and nothing can be made of it. */
  refuseUnfit(): void {
    const unfit = [...this.#columns.values()].filter(({ becomes }) => becomes === undefined);
    if (unfit.length === 0) return;
    throw refused('values-unfit', {
      columns: unfit.map(({ collection, column, rows }) => `${collection}.${column} (${rows})`),
      value: unfit[0]?.example ?? '',
      type: unfit[0]?.type ?? '',
    });
  }

  get warnings(): Warning[] {
    return [...this.#columns.values()].flatMap(({ collection, column, type, rows, example, becomes }) => {
      const fields = { collection, column, type, rows: String(rows), value: example };
      if (becomes === undefined) return [];
      return becomes === null ? warn('value-emptied', fields) : warn('value-changed', { ...fields, becomes });
    });
  }
}
