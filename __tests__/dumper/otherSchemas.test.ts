import { relationFromNeutral } from '../../src/server/dumper/dialects/postgres/neutral/neutral';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { findUndo } from '../../src/server/actions/restore/undos';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

/**
 * Other schemas may have tables of the same names: what a restore replaced, kept for an undo, and other apps of the
 * same database. Nothing of theirs is the app's own, whatever kind of part it is.
 */
const { data, database } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

/** Under the name `schema`, every kind of part that can need something of its own schema. */
const app = (schema: string) => `
  CREATE SCHEMA IF NOT EXISTS ${schema}; SET search_path = ${schema};
  CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN code AS text CHECK (VALUE <> '');
  CREATE FUNCTION norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(t) $$;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TABLE site (id serial PRIMARY KEY, code code UNIQUE, mood mood DEFAULT 'good', n text GENERATED ALWAYS AS (norm('X')) STORED,
    CHECK (norm(code) <> 'x'));
  CREATE TABLE visit (id bigserial PRIMARY KEY, site int REFERENCES site, at timestamptz);
  CREATE INDEX normed ON site (norm(code)); CREATE STATISTICS both_of ON site, at FROM visit;
  CREATE TRIGGER touched BEFORE UPDATE ON site FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE POLICY seen ON site USING (norm(code) <> 'hidden');
  CREATE VIEW sites AS SELECT code, norm(code) AS n FROM site; CREATE RULE nothing AS ON DELETE TO visit DO ALSO NOTIFY gone;
  CREATE MATERIALIZED VIEW counted AS SELECT site, count(*) FROM visit GROUP BY 1;
  INSERT INTO site (code) VALUES ('nl'), ('de'); INSERT INTO visit (site) VALUES (1), (2);
  REFRESH MATERIALIZED VIEW counted; RESET search_path;`;

const elsewhereOf = ({ manifest }: Archive) => manifest.database.native.postgres?.elsewhere;

async function comesBackWhole(from: TestDatabase, archive: Archive): Promise<void> {
  const empty = await database();
  const { missing, warnings } = await previewBackup(hostAt(empty), archive, { all: true });
  expect({ missing, warnings: warnings.filter((warning) => warning.kind === 'breaks') }).toEqual({
    missing: [],
    warnings: [],
  });
  await restoreAll(hostAt(empty), archive);
  expect(await digest(empty.url)).toEqual(await digest(from.url));
}

it('a backup made while an undo is kept needs nothing of it, and comes back whole', async () => {
  const source = await database(app('public'));
  await restoreAll(hostAt(source), await backUp(hostAt(source), 'first'));
  expect(await findUndo(hostAt(source))).toBeDefined();
  const archive = await backUp(hostAt(source), 'second');
  expect(elsewhereOf(archive)).toEqual([]);
  await comesBackWhole(source, archive);
});

it('another app in another schema of the database is nothing that this one needs', async () => {
  const source = await database(app('public') + app('tenant'));
  const archive = await backUp(hostAt(source), 'beside');
  expect(elsewhereOf(archive)).toEqual([]);
  const alone = await database(app('public'));
  await comesBackWhole(alone, archive);
});

it.each(['ark_undo_20261127_143017_ba2c8d', 'tenant'])(
  'an archive that says so of the tables of %s comes back whole all the same',
  async (schema) => {
    const source = await database(app('public'));
    const archive = await backUp(hostAt(source), `told-${schema}`);
    const parts = archive.manifest.collections.flatMap(({ name, structure: core }) => {
      const structure = relationFromNeutral(core);
      return [
        ...structure.constraints.map((constraint) => ({
          kind: 'constraint' as const,
          collection: name,
          name: constraint.name,
        })),
        ...structure.indexes.map((index) => ({ kind: 'index' as const, collection: name, name: index.name })),
        ...structure.columns.flatMap((column) => [
          { kind: 'column' as const, collection: name, name: column.name },
          { kind: 'default' as const, collection: name, name: column.name },
        ]),
        ...structure.attachments.map((attachment) => ({
          kind: attachment.kind,
          collection: name,
          name: attachment.name,
        })),
      ];
    });
    const told = (['relation', 'routine', 'type'] as const).map((kind) => ({
      kind,
      schema,
      name: 'site',
      neededBy: parts,
    }));
    const { manifest } = archive;
    await comesBackWhole(source, {
      ...archive,
      manifest: {
        ...manifest,
        database: {
          ...manifest.database,
          native: { postgres: { ...manifest.database.native.postgres!, elsewhere: told } },
        },
      },
    });
  },
);
