import { namesOut } from '../../src/server/dumper/dialects/postgres/sql/namesOut';
import { parser, shape, type Parser } from '../../src/server/dumper/dialects/postgres/sql/parser';
import { ownPlace } from '../helpers/place';
import { withClient } from '../helpers/postgres';
import { randomFrom } from '../helpers/random';

/** A text that is like others but for names is not taken apart by itself: it has to mean what it means by itself. */
const { database } = ownPlace();

const TEXTS = [
  "SELECT nextval('orders_id_seq'::regclass)",
  `SELECT nextval('"Orders_id_seq"'::regclass)`,
  `SELECT nextval('a.b_1'::regclass)`,
  "SELECT 'new_1'::character varying",
  'SELECT now() AT TIME ZONE zone_1',
  'SELECT (NULL::int4)',
  'SELECT NULL::my_type_2[]',
  `SELECT NULL COLLATE "de-DE-x-icu"`,
  'CREATE INDEX small_1_name_idx ON small_1 USING btree (name, t_id DESC NULLS LAST)',
  'CREATE UNIQUE INDEX "Small_1" ON "Small 1" USING gin (lower_1(a_1) gin_trgm_ops) WHERE (a_1 > 5)',
  'ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (parent_id) REFERENCES small_2(id) ON DELETE SET NULL DEFERRABLE',
  `ALTER TABLE t ADD CONSTRAINT n CHECK (((k_1)::text = ANY (ARRAY['a_1'::text, 'b_2'::text])))`,
  `ALTER TABLE ONLY p ATTACH PARTITION t FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`,
  'CREATE TRIGGER touch_1 BEFORE UPDATE ON small_1 FOR EACH ROW EXECUTE FUNCTION touch_row()',
  `CREATE TYPE mood_1 AS ENUM ('sad_1', 'ok', 'happy_2')`,
  'CREATE POLICY own_1 ON rows_1 AS "permissive" FOR SELECT TO role_1 USING (owner_1 = current_user)',
  'CREATE STATISTICS s_1 (ndistinct, mcv) ON a_1, b_1 FROM t_1',
  'COMMENT ON FUNCTION area_2(int4, "My_type") IS NULL',
  'CREATE TYPE r_1 AS RANGE (subtype = int4, multirange_type_name = mr_1)',
  `SELECT json_value_1, a_1."b_2".c_3, f_1(VARIADIC a_1), ROW(a_1, 'x_1') FROM ONLY t_1 AS "as_1"`,
];
/** What stands before a quote, or ends one, changes what it means. */
const NASTY = [
  "SELECT E'a_1', e'a_1', B'1_0', X'1_F', N'a_1', U&'a_1'",
  'SELECT U&"a_1", u&"a_1"',
  "SELECT 'a_1' 'b_1'",
  "SELECT 'a_1'\n'b_1'",
  "SELECT 'a''b_1', ''",
  `SELECT "a""b_1", ""`,
  "SELECT '(' a_1 '(' b_1",
  "SELECT a_1'b_1'",
  `SELECT a_1"b_1"c_1`,
  'SELECT $1_a, $a_1$x$a_1$',
  'SELECT 1_000, 0x1_F, 1e_1, 1a_1',
  'SELECT a_1 -- b_1',
  'SELECT a_1 /* b_1 */',
  'SELECT a_1; SELECT b_1',
  'SELECT a_1;',
  'SELECT A_1, Ä_1, ä_1',
  `SELECT ${'a_'.repeat(40)}, "${'a_'.repeat(40)}"`,
  'SELECT ark_name_0, a_1',
  'SELECT ark_namE_0, a_1',
  "SELECT ARK_TEXT_0, 'a_1'",
  "SELECT 'ark_text_1', 'a_1', b_1",
  'SELECT xmlelement(name a_1), json_object(a_1: b_1)',
  'SELECT a_1 json_table(b_1)',
];

/** What it means, or why it means nothing. */
function meaning(read: Parser['statements'], text: string): string {
  try {
    return read(text)
      .map((statement) => `${shape(statement.node)} ${statement.text}`)
      .join('\n');
  } catch (error) {
    return String(error);
  }
}

async function expectSame(texts: Iterable<string>): Promise<void> {
  const parse = await parser();
  for (const text of texts)
    expect([text, meaning((each) => parse.statements(each), text)]).toEqual([
      text,
      meaning((each) => parse.placed(each), text),
    ]);
}

test('means what it means by itself, first and later', async () => {
  await expectSame([...TEXTS, ...TEXTS.map((text) => text.replaceAll('_1', '_77')), ...NASTY]);
  expect(TEXTS.filter((text) => namesOut(text) === undefined)).toEqual([]);
});

test('no word that the grammar knows is taken for a name', async () => {
  const words = await withClient((await database()).url, async (client) =>
    (await client.query<{ word: string }>('SELECT word FROM pg_get_keywords()')).rows.map(({ word }) => word),
  );
  expect(words).toContain('current_timestamp');
  const taken = words.filter((word) => namesOut(`SELECT ${word}`)?.names.size !== 0);
  expect(taken).toEqual([]);
  await expectSame(
    words.flatMap((word) => [
      `SELECT ${word}`,
      `SELECT a_1 AS ${word}`,
      `SELECT NULL::${word}`,
      `CREATE INDEX ${word} ON ${word} USING btree (${word})`,
      `SELECT ${word}(a_1)`,
      `SELECT '${word}_1', "${word}"`,
    ]),
  );
});

test('whatever is done to a text, it means what it means by itself', async () => {
  const seed = Date.now() % 1_000_000;
  const random = randomFrom(seed);
  const below = (most: number) => Math.floor(random() * most);
  console.info(`texts changed, seed ${seed}`);
  const all = [...TEXTS, ...NASTY];
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const parts = all.flatMap((text) => text.split(/(\W)/));
  const changed = Array.from({ length: 20_000 }, () => {
    let text = pick(all);
    for (let times = 1 + below(3); times > 0; times -= 1) {
      const at = below(text.length + 1);
      const to = at + below(4);
      const put =
        below(3) === 0
          ? pick(parts)
          : pick(['', "'", '"', '_', '1', '&', ' ', 'E', 'U&', '(', ')', ',', '.']);
      text = text.slice(0, at) + put + text.slice(to);
    }
    return text;
  });
  await expectSame(changed);
});
