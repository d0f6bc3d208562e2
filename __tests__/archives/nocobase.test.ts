import { join } from 'node:path';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { summarize } from '../../src/server/actions/backups/summary';
import expected from './nocobase-2.2.15.json';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { digest } from '../helpers/digest';

/**
 * `assets/demo.ark` was made from a real NocoBase 2.2.15 with 98 plugins (`__tests__/nocobase/demo.cjs`); the
 * digests beside this file were taken from the app's own database, not from the archive.
 */
const ARCHIVE = join(__dirname, '..', '..', 'assets', 'demo.ark');

const { data, database } = ownPlace();

describe('an archive of a real NocoBase app', () => {
  it('has every collection in the group that NocoBase itself puts it into', async () => {
    const host = hostOf((await database()).url, data.folder);
    const { manifest, ...archive } = await findArchive(host, ARCHIVE);
    const { groups } = summarize('demo', { manifest, ...archive });
    expect(Object.fromEntries(groups.map((group) => [group.group, group.collections]))).toEqual({
      required: 59,
      user: 5,
      log: 11,
      'third-party': 7,
      custom: expect.any(Number) as number,
      unknown: expect.any(Number) as number,
    });
    const groupOf = (name: string) => manifest.collections.find((collection) => collection.name === name)?.group;
    expect(['orders', 'customers', 'orders_by_month'].map(groupOf)).toEqual(['custom', 'custom', 'custom']);
    expect(['users', 'fields', 'executions', 'environmentVariables'].map(groupOf)).toEqual(['user', 'required', 'log', 'unknown']);
    expect(manifest.app).toMatchObject({ name: 'nocobase', version: '2.2.15' });
    expect(manifest.notIncluded).toContainEqual({ what: 'collection', name: 'chinaRegions', reason: 'in the group "ignored"' });
  });

  it('comes back row by row, with its sequences, and goes on from there', async () => {
    const target = await database();
    const host = hostOf(target.url, data.folder);
    const archive = await findArchive(host, ARCHIVE);
    await restoreAll(host, archive);
    const found = await digest(target.url);
    expect(found.tables).toEqual(expected.tables);
    expect(found.objects.filter((line) => line.startsWith('sequence '))).toEqual(expected.sequences);

    // Backed up again and restored elsewhere it is still the same.
    const second = await database();
    await restoreAll(hostOf(second.url, data.folder), await backUp(host, 'nocobase-again'));
    expect(await digest(second.url)).toEqual(found);
  });

  it('restores only what users made over newer data, and leaves users and logs alone', async () => {
    const target = await database();
    const host = hostOf(target.url, data.folder);
    const archive = await findArchive(host, ARCHIVE);
    await restoreAll(host, archive);
    await target.sql(`UPDATE "customers" SET "name" = 'changed'; DELETE FROM "orderTags"; UPDATE users SET nickname = 'kept'; DELETE FROM executions`);
    const before = await digest(target.url);
    await restoreAll(host, archive, { groups: ['custom'] });
    const { tables } = await digest(target.url);
    const logAndUser = ['users', 'executions', 'jobs', 'rolesUsers', 'attachments'];
    for (const [name, rows] of Object.entries(tables)) {
      const group = archive.manifest.collections.find((collection) => collection.name === name)?.group;
      if (group === 'custom' || group === 'required') expect([name, rows]).toEqual([name, (expected.tables as Record<string, string>)[name]]);
      else expect([name, rows]).toEqual([name, before.tables[name]]);
    }
    expect(logAndUser.every((name) => name in tables)).toBe(true);
  });
});
