import { StringDecoder } from 'node:string_decoder';
import type * as api from '../../api/api';
import { across } from '../../dumper/across/across';
import { converting } from '../../dumper/across/converting';
import type { Selection } from '../../dumper/app/groups';
import type { Archive } from '../../dumper/archive/archive';
import type { Collection } from '../../dumper/archive/manifest';
import {
  compare,
  isDifferent,
  type CollectionDifference,
  type CompareSettings,
  type Comparison,
  type ShownValue,
} from '../../dumper/compare/compare';
import { sideOf, withLiveSide } from '../../dumper/compare/sides';
import { newJobId } from '../../dumper/job';
import { shownValue } from '../../dumper/look/shown';
import { withTrueGroups } from '../../dumper/restore/claims';
import { checkDialect, checkFits, fitTo } from '../../dumper/restore/fits';
import { alone } from '../../dumper/restore/structures';
import { chooseFrom } from '../../dumper/restore/plan';
import type { NeutralType } from '../../dumper/schema/types';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';

export interface CompareAsked extends Omit<CompareSettings, 'workers'> {
  readonly selection: Selection;
}

/** A backup beside the live database, of which all is read in one moment. Nothing is changed. */
export async function compareBackup(
  host: Pick<Host, 'database' | 'app' | 'workers'>,
  archive: Archive,
  { selection, ...asked }: CompareAsked,
): Promise<api.Comparison> {
  const target = { app: host.app };
  const { fitted, sent, chosen } = await host.database.once(async (looks) => {
    const { archive: fitted, sent } = await fitTo(looks, archive, target, selection, true);
    const chosen = chooseFrom(fitted.manifest, selection);
    await checkFits(fitted.manifest, chosen, looks, target);
    return { fitted, sent, chosen };
  });
  const names = new Set(chosen.map(({ name }) => name));
  const options = { readers: host.workers, app: host.app, job: newJobId(), signal: asked.signal };
  return withLiveSide(host.database, names, options, async (here) =>
    told(
      await compare(here, sideOf(fitted, sent), chosen, { ...asked, workers: host.workers }),
      chosen,
      selection,
    ),
  );
}

/**
 * A backup beside another one that takes the place of the live database; no database is needed. Throws LOOK_REFUSED for
 * one that takes its structure from the app's own.
 */
export async function compareBackups(
  here: { readonly name: string; readonly archive: Archive },
  there: { readonly name: string; readonly archive: Archive },
  { selection, workers, ...asked }: CompareAsked & Pick<CompareSettings, 'workers'>,
): Promise<api.Comparison> {
  for (const { name, archive } of [here, there])
    if (!archive.complete) throw refused('compare-incomplete', { backup: name });
  const { manifest } = withTrueGroups(alone(there.archive.manifest));
  const chosen = new Set(chooseFrom(manifest, selection).map(({ name }) => name));
  const place = { dialect: here.archive.manifest.database.dialect, label: here.name };
  const crossed = await across(manifest, there.archive.rows(), place, { chosen });
  checkDialect(crossed.manifest, place);
  const { conversions } = crossed;
  const rows = () =>
    conversions ? converting(there.archive.rows(), conversions, true) : there.archive.rows();
  const side = sideOf({ manifest: crossed.manifest, rows }, crossed.sent);
  const collections = crossed.manifest.collections.filter(({ name }) => chosen.has(name));
  return told(
    await compare(sideOf(here.archive), side, collections, { ...asked, workers }),
    collections,
    selection,
  );
}

export function told(
  comparison: Comparison,
  chosen: readonly Collection[],
  selection: Selection,
): api.Comparison {
  const types = new Map(
    chosen.map(({ name, structure }) => [
      name,
      new Map(structure.columns.map((column) => [column.name, column.type])),
    ]),
  );
  return {
    different: isDifferent(comparison),
    collections: comparison.collections.map((difference) =>
      inCells(difference, types.get(difference.name) ?? new Map<string, NeutralType>()),
    ),
    // Whoever names collections asks for no others.
    beyond: selection.collections ? [] : [...comparison.beyond],
    withoutRows: [...comparison.withoutRows],
    untold: comparison.untold,
  };
}

function inCells(
  { examples, shownBy, ...counted }: CollectionDifference,
  types: ReadonlyMap<string, NeutralType>,
): api.Comparison['collections'][number] {
  const cell = (column: string, shown: ShownValue) => cellOf(shown, types.get(column) ?? 'other');
  return {
    ...counted,
    shownBy: [...shownBy],
    examples: examples.map(({ kind, key, changes }) => ({
      kind,
      key: key.map((value, at) => cell(shownBy[at] ?? '', value)),
      changes: changes.map(({ column, here, there }) => ({
        column,
        here: cell(column, here),
        there: cell(column, there),
      })),
    })),
  };
}

function cellOf(shown: ShownValue, type: NeutralType): api.LookCell {
  if ('masked' in shown) return { value: null, masked: true };
  const { value } = shown;
  if (value === null) return { value: null };
  if (typeof value === 'string')
    return { value: shownValue({ type }, Buffer.from(value, 'latin1').toString('utf8')) };
  const head = new StringDecoder('utf8').write(Buffer.from(value.head, 'latin1'));
  return { value: head, bytes: value.bytes };
}
