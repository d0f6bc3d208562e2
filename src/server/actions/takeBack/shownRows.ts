import type * as api from '../../api/api';
import { MASKED, type Cell } from '../../dumper/look/cells';
import type { LookColumn } from '../../dumper/look/look';
import { storedColumns } from '../../dumper/schema/structure';
import type { Placed } from '../../dumper/takeBack/place';
import { cellOf } from '../look/lookAtRows';

/** Bytes of a value, and of all values, that are shown. */
const [VALUE, ALL] = [4 * 1024, 4 * 1024 * 1024];

function cell(text: string | null): Cell | null {
  if (text === null) return null;
  const bytes = Buffer.byteLength(text);
  return bytes <= VALUE ? { text, bytes } : { text: text.slice(0, VALUE), bytes, cut: 'cut' };
}

/** A value as people may see it: what is masked is in no part of it. */
export const shownCell = (column: LookColumn, text: string | null): api.LookCell =>
  cellOf(column, column.mask ? MASKED : cell(text));

/** How many bytes of values may still be shown. */
export class Room {
  #left = ALL;

  takes(cells: readonly { readonly from?: api.LookCell; readonly to?: api.LookCell }[]): boolean {
    for (const { from, to } of cells)
      this.#left -= (from?.value?.length ?? 0) + (to?.value?.length ?? 0) + 100;
    return this.#left > 0;
  }
}

/** Side by side what is there and what comes; of a row that comes only what it has. */
export function shownRow(placed: Placed, room: Room): api.TakeBackRow {
  const { look, relation, called, why, does, before, set, raw } = placed;
  const names = storedColumns(relation).map(({ name }) => name);
  const cells = look.columns.flatMap((column) => {
    const to = set.get(column.name);
    if (to === undefined || (does === 'insert' && to === null && !column.mask)) return [];
    return [
      {
        column: column.name,
        ...(column.title !== undefined && { title: column.title }),
        ...(before && { from: shownCell(column, before[names.indexOf(column.name)] ?? null) }),
        to: shownCell(column, to),
      },
    ];
  });
  return {
    collection: raw.collection.name,
    ...(look.title !== undefined && { title: look.title }),
    key: called,
    why,
    does,
    ...(room.takes(cells) ? { cells } : { cells: [], cut: true as const }),
  };
}
