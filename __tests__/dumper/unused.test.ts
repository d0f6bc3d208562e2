import { backUp, hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';

const { data, database } = ownPlace();

it('functions and procedures that nothing chosen uses are named, since the app may run them by itself', async () => {
  const at = await database(`
    CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
    CREATE FUNCTION alone(v integer) RETURNS integer LANGUAGE sql AS 'SELECT v';
    CREATE PROCEDURE cleans() LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE others (id int PRIMARY KEY);
    CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION kept();`);
  const host = hostOf(at.url, data.folder);
  const left = async (name: string, selection: Parameters<typeof backUp>[2]) =>
    (await backUp(host, name, selection)).manifest.notIncluded
      .filter(({ why }) => why?.code === 'unused')
      .map(({ what, name: called }) => `${what} ${called}`)
      .sort();
  expect(await left('few', { collections: ['orders'] })).toEqual([
    'function alone(v integer)',
    'procedure cleans()',
  ]);
  expect(await left('whole', { all: true })).toEqual([]);
});
