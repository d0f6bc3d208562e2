import type * as api from '../../api/api';
import { calledRows } from '../../dumper/look/called';
import { MASKED, type Read } from '../../dumper/look/cells';
import { lookInto, type Look, type LookColumn } from '../../dumper/look/look';
import { readPage, type Asked, type Budget } from '../../dumper/look/page';
import { calledBy, shownValue } from '../../dumper/look/shown';
import type { ReportProgress } from '../../dumper/progress';
import type { Opened } from './openCounted';

interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress | undefined;
}

/** A page of a collection as people and programs see it: masked values are in no part of it. */
export async function lookAtRows(
  { archive, fetched }: Opened,
  collection: string,
  asked: Asked,
  budget: Budget,
  watch: Watch = {},
): Promise<api.LookPage> {
  const look = await lookInto(archive, collection, watch.signal);
  const { rows, next, read, chunks } = await readPage(look, asked, budget, watch);
  const { labels, tooLarge } = await calledRows(look, rows, watch.signal);
  const { name, group, structure, rows: total, chunks: all } = look.collection;
  return {
    collection: name,
    ...(look.title !== undefined && { title: look.title }),
    group,
    kind: structure.kind,
    columns: columnsOf(look),
    rows: rows.map(({ row, cells }) => ({
      row,
      cells: look.columns.map((column, at) => cellOf(column, cells[at] ?? null, labels.get(column.name))),
    })),
    total,
    ...(next !== undefined && { next }),
    read,
    chunks: { read: chunks, ...(all.length > 0 && { all: all.length }) },
    fetched: fetched(),
    parts: [...look.parts],
    uncalled: [...tooLarge],
  };
}

export const columnsOf = ({ columns }: Pick<Look, 'columns'>): api.LookColumn[] =>
  columns.map(({ name, title, type, interface: shown, key, mask, leadsTo }) => ({
    name,
    ...(title !== undefined && { title }),
    type,
    ...(shown !== undefined && { interface: shown }),
    key,
    ...(mask && { masked: mask }),
    ...(leadsTo && { leadsTo: leadsTo.collection }),
  }));

export function cellOf(column: LookColumn, cell: Read, labels?: ReadonlyMap<string, string>): api.LookCell {
  if (cell === MASKED) return { value: null, masked: true };
  if (cell === null) return { value: null };
  const called = cell.cut === undefined ? (labels?.get(cell.text) ?? calledBy(column, cell.text)) : undefined;
  return {
    value: cell.cut === undefined ? shownValue(column, cell.text) : cell.text,
    ...(called !== undefined && { called }),
    ...(cell.cut !== undefined && { bytes: cell.bytes }),
  };
}
