/** A statement's text taken apart as the server does, so far as is needed to see what is a name and what is text. */
export type Token =
  | { readonly kind: 'space' | 'comment' | 'text' | 'number' | 'mark'; readonly text: string }
  /** In backquotes, without them. */
  | { readonly kind: 'quoted'; readonly text: string; readonly name: string }
  | { readonly kind: 'word'; readonly text: string };

const PATTERNS = [
  ['space', /\s+/y],
  ['comment', /\/\*[^]*?\*\/|--(?=\s)[^\n]*|#[^\n]*/y],
  ['text', /(?:_[a-z0-9]+\s*|[bxn])?'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"/iy],
  ['quoted', /`(?:[^`]|``)*`/y],
  ['number', /(?:0x[0-9a-f]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)(?![\w$])/iy],
  ['word', /@{0,2}[\p{L}\p{N}_$]+/uy],
  ['mark', /[^]/y],
] as const;

export function tokens(sql: string): Token[] {
  const all: Token[] = [];
  for (let at = 0; at < sql.length;) {
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = at;
      const [text] = pattern.exec(sql) ?? [];
      if (text === undefined) continue;
      all.push(
        kind === 'quoted' ? { kind, text, name: text.slice(1, -1).replaceAll('``', '`') } : { kind, text },
      );
      at += text.length;
      break;
    }
  }
  return all;
}

/** The names of a text's own database are left out: it means the database that it is in. */
export function withoutDatabase(sql: string, database: string): string {
  const all = tokens(sql);
  let out = '';
  for (let at = 0; at < all.length; at += 1) {
    const token = all[at];
    const next = all[at + 1];
    const before = all[at - 1];
    if (token?.kind === 'quoted' && token.name === database && next?.text === '.' && before?.text !== '.')
      at += 1;
    else out += token?.text ?? '';
  }
  return out;
}

/**
 * The same with other names for tables (what stands before a point, and what no point and no parenthesis follow) and for
 * functions, by their names in small letters.
 */
export function renamed(
  sql: string,
  tables: ReadonlyMap<string, string>,
  functions: ReadonlyMap<string, string>,
): string {
  const all = tokens(sql);
  return all
    .map((token, at) => {
      if (token.kind !== 'quoted' || all[at - 1]?.text === '.') return token.text;
      const isCalled = all[at + 1]?.text === '(';
      const to = isCalled ? functions.get(token.name.toLowerCase()) : tables.get(token.name);
      return to === undefined ? token.text : `\`${to}\``;
    })
    .join('');
}

/** Names in backquotes, each once. */
export const quotedNames = (sql: string): string[] => [
  ...new Set(tokens(sql).flatMap((token) => (token.kind === 'quoted' ? [token.name] : []))),
];

/** Functions that tell of their arguments and nothing else; MySQL and MariaDB may have more. */
const HARMLESS = new Set(
  `abs acos ascii asin atan atan2 bin bit_count bit_length cast ceil ceiling char char_length character_length coalesce
   concat concat_ws conv convert cos cot crc32 curdate current_date current_time current_timestamp curtime date date_add
   date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear degrees elt exp export_set extract field
   find_in_set floor format from_base64 from_days from_unixtime greatest hex hour if ifnull in inet_aton inet_ntoa
   inet6_aton inet6_ntoa insert instr interval is_ipv4 is_ipv6 isnull json_array json_compact json_contains
   json_contains_path json_depth json_exists json_extract json_keys json_length json_object json_quote json_query
   json_search json_type json_unquote json_valid json_value last_day lcase least left length ln localtime
   localtimestamp locate log log10 log2 lower lpad ltrim makedate maketime md5 microsecond mid minute mod month monthname
   nullif oct octet_length ord period_add period_diff pi point polygon position pow power quarter quote radians
   regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right round rpad rtrim sec_to_time
   second sha sha1 sha2 sign sin soundex space sqrt st_area st_asgeojson st_astext st_geomfromtext st_isempty
   st_isvalid st_length st_srid st_x st_y str_to_date strcmp substr substring substring_index subtime tan time
   time_format time_to_sec timediff timestamp timestampadd timestampdiff to_base64 to_days to_seconds trim truncate
   ucase unhex unix_timestamp upper utc_date utc_time utc_timestamp uuid uuid_short uuid_to_bin bin_to_uuid week
   weekday weekofyear year yearweek and or not xor like rlike regexp between then else when case over as decimal binary
   signed unsigned double float datetime varchar nchar enum set values sys_guid now sysdate rand`.split(
    /\s+/,
  ),
);

export type Expression = 'plain' | 'calls' | 'broken';

/**
 * Whether a text can stand in parentheses as one expression, and no more than that. `broken`: it would end where it
 * should not, or hides something in a comment. `calls`: it calls what is not known to be harmless.
 */
export function judge(expression: string): Expression {
  let depth = 0;
  const all = tokens(expression).filter(({ kind }) => kind !== 'space');
  let calls = false;
  for (const [at, token] of all.entries()) {
    const next = all[at + 1];
    if (token.kind === 'comment') return 'broken';
    if (token.kind === 'mark') {
      if (token.text === '(') depth += 1;
      else if (token.text === ')') depth -= 1;
      // Quotes that nothing closes, an end of a statement, a comment that nothing closes.
      else if (/[;'"`\\\0]/.test(token.text)) return 'broken';
      if (token.text === '/' && next?.text === '*') return 'broken';
    }
    if (depth < 0) return 'broken';
    if (token.kind === 'word') {
      if (token.text.startsWith('@') || token.text.toLowerCase() === 'select') calls = true;
      if (next?.text === '(' && !HARMLESS.has(token.text.toLowerCase())) calls = true;
    }
    if (token.kind === 'quoted' && next?.text === '(') calls = true;
  }
  return depth !== 0 || all.length === 0 ? 'broken' : calls ? 'calls' : 'plain';
}
