import { digest, type DatabaseDigest } from './digest';
import { schemaText, withClient } from './postgres';

export interface State {
  /** By schema. */
  readonly schemas: Readonly<Record<string, DatabaseDigest>>;
  /** Lines of pg_dump --schema-only, without those that say nothing. */
  readonly text: readonly string[];
}

/** All that a database holds in the schemas of its users; with the tool, also as pg_dump prints it. */
export async function stateOf(url: string, tool: string | undefined): Promise<State> {
  const names = await withClient(url, (client) =>
    client.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|ark_)' ORDER BY 1`,
    ),
  );
  const schemas: Record<string, DatabaseDigest> = {};
  for (const { name } of names.rows) schemas[name] = await digest(url, name);
  const text = tool === undefined ? [] : schemaText(tool, url).split('\n');
  return { schemas, text: text.filter((line) => line !== '' && !/^(--|SET )|set_config/.test(line)) };
}
