export interface Parsed {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A parser of Prometheus' text form, as strict as its document: throws on what a scrape would refuse. */
export function parseExposition(text: string): Parsed[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const helped = new Set<string>();
  const typed = new Map<string, string>();
  const series = new Set<string>();
  const samples: Parsed[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const about = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (about) {
      const [, kind, name = '', rest = ''] = about;
      if (kind === 'HELP' ? helped.has(name) : typed.has(name)) throw new Error(`${name} is told of twice`);
      if (samples.some((sample) => sample.name === name)) throw new Error(`${name} is told of too late`);
      if (kind === 'TYPE' && !['gauge', 'counter', 'histogram', 'summary', 'untyped'].includes(rest))
        throw new Error(line);
      if (kind === 'HELP') helped.add(name);
      else typed.set(name, rest);
      continue;
    }
    const sample = parseSample(line);
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (series.has(key)) throw new Error(`twice: ${key}`);
    if (!typed.has(sample.name)) throw new Error(`${sample.name} has no type`);
    if (
      samples.length > 0 &&
      samples.at(-1)!.name !== sample.name &&
      samples.some(({ name }) => name === sample.name)
    )
      throw new Error(`${sample.name} is not together`);
    series.add(key);
    samples.push(sample);
  }
  return samples;
}

function parseSample(line: string): Parsed {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`no metric: ${JSON.stringify(line)}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|(?=\}))/.exec(rest);
      if (!label) throw new Error(`no label: ${rest}`);
      const [all, key = '', value = ''] = label;
      labels[key] = value.replace(/\\(["\\n])/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
      rest = rest.slice(all.length);
    }
    rest = rest.slice(1);
  }
  const value = /^ (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(rest)?.[1];
  if (value === undefined) throw new Error(`no value: ${line}`);
  return { name, labels, value: Number(value) };
}
