import { newDataFolder } from './ark';
import { newDatabase, type TestDatabase } from './postgres';

export interface Place {
  /** Ark's data folder. */
  readonly data: { readonly folder: string };
  /** A fresh database, with this in it. */
  readonly database: (sql?: string) => Promise<TestDatabase>;
  /** Another one with the same in it; nobody may be connected to the first. */
  readonly copy: (of: TestDatabase) => Promise<TestDatabase>;
  /** The same, of one that is known by its name. */
  readonly copyOf: (name: string) => Promise<TestDatabase>;
}

/** What one test file has to itself, gone when it has ended. To be called where tests are declared. */
export function ownPlace(): Place {
  const databases: TestDatabase[] = [];
  let data: Awaited<ReturnType<typeof newDataFolder>> | undefined;
  beforeAll(async () => {
    data = await newDataFolder();
  });
  afterAll(async () => {
    // One after the other: many at once would want more connections than the server has.
    for (const database of databases) await database.drop();
    await data?.remove();
  });
  const copyOf = async (name?: string) => {
    const made = await newDatabase(name);
    databases.push(made);
    return made;
  };
  return {
    data: {
      get folder() {
        if (!data) throw new Error('there is no data folder before the tests have begun');
        return data.folder;
      },
    },
    copy: (of) => copyOf(of.name),
    copyOf,
    async database(sql = '') {
      const made = await copyOf();
      if (sql !== '') await made.sql(sql);
      return made;
    },
  };
}
