import { blemishesOf } from '../../src/server/dumper/archive/contents';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { blemishText } from '../../src/server/dumper/schema/blemish';

import { missingText } from '../../src/server/dumper/schema/missing';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { play } from '../helpers/play';
import { pgDump, serverUrl, withClient } from '../helpers/postgres';
import { stateOf } from '../helpers/state';
import { warningText } from '../../src/server/dumper/app/warning';

/**
 * Databases as people have them, each made small from a public report; README.md here says what the files of a case
 * are. Each comes back whole into an empty database, over itself, and after the undo, but for what its own files
 * say: that is then named before anything is restored.
 */
const folder = join(__dirname, 'postgres');
const names = readdirSync(folder).sort();
const { data, database, copy } = ownPlace();
const tool = pgDump();

const fileOf = (name: string, file: string): string | undefined => {
  const path = join(folder, name, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

it('has cases', () => expect(names.length).toBeGreaterThan(0));

const serverIs = async (test: string): Promise<boolean> => {
  if (test === '') return true;
  const found = await withClient(
    serverUrl('postgres'),
    async (client) => (await client.query<{ yes: boolean }>(`SELECT ${test} AS yes`)).rows,
  );
  return found[0]?.yes === true;
};

describe.each(names)('%s', (name) => {
  const sql = (file: string) => fileOf(name, file) ?? '';
  const hostAt = (url: string) => hostOf(url + sql('urlargs').trim(), data.folder);
  const named = sql('named').split('\n').filter(Boolean);

  it('comes back into an empty database', async () => {
    if (!(await serverIs(sql('only.sql')))) return;
    const [source, target] = [await database(), await database()];
    await play(source, sql('input.sql'));
    await play(target, sql('target.sql'));
    const archive = await backUp(hostAt(source.url), `${name}-empty`);
    const host = hostAt(target.url);
    const preview = await previewBackup(host, archive, { all: true });
    const { warnings } = await restoreAll(host, archive);

    const expected = await copy(source);
    await play(expected, sql('restored.sql') + sql('restored-empty.sql'));
    expect(await stateOf(target.url, tool)).toEqual(await stateOf(expected.url, tool));
    const said = [
      ...archive.manifest.notIncluded.map((one) => `${one.what} ${one.name}: ${one.reason}`),
      ...preview.warnings.map(warningText),
      ...preview.missing.map(missingText),
      ...[...blemishesOf(archive.manifest), ...preview.blemishes].map(blemishText),
      ...warnings,
    ].join('\n');
    for (const one of named) expect(said).toContain(one);
  });

  it('comes back over itself, and so does what it replaced', async () => {
    if (!(await serverIs(sql('only.sql')))) return;
    const source = await database();
    await play(source, sql('input.sql'));
    const host = hostAt(source.url);
    const archive = await backUp(host, `${name}-over`);
    const expected = await copy(source);
    await play(expected, sql('restored.sql'));
    await play(source, sql('later.sql'));
    const before = await stateOf(source.url, tool);

    await restoreAll(host, archive);
    expect(await stateOf(source.url, tool)).toEqual(await stateOf(expected.url, tool));
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await stateOf(source.url, tool)).toEqual(before);
  });
});
