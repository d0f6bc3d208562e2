import type { StorageItem, StorageSettings, StorageTest } from '../api/api';

export function storagesText(items: readonly StorageItem[]): string[] {
  const width = Math.max(...items.map((storage) => storage.name.length));
  return items.map(({ name, kind, place, from, error, default: isDefault }) =>
    [
      isDefault ? '*' : ' ',
      name.padEnd(width),
      kind.padEnd(6),
      place,
      from === 'environment' ? '(environment)' : '',
      error ? `! ${error.message} [${error.code}]` : '',
    ]
      .join(' ')
      .trimEnd(),
  );
}

const SIGNS = { ok: '✓', failed: '✗', danger: '!!', note: 'i' } as const;

/** `again`: the command that does the same with one more option. */
export function testText(
  name: string,
  test: StorageTest,
  applied: StorageSettings | undefined,
  again = (option: string) => `"ark storages test ${name} ${option}"`,
): string[] {
  const lines = test.checks.map(
    ({ state, message, code }) =>
      `${SIGNS[state].padEnd(2)} ${message}${code === undefined ? '' : ` [${code}]`}`,
  );
  const fields = (settings: StorageSettings) =>
    Object.entries(settings)
      .map(([field, value]) => `${field}=${String(value)}`)
      .join(', ');
  return [
    ...lines,
    ...(applied ? [`Taken over: ${fields(applied)}.`] : []),
    ...(test.trust
      ? [
          `If the server says the same of itself, ${again(`--trust ${Object.values(test.trust).join(', ')}`)} trusts it from now on.`,
        ]
      : []),
    ...(test.proposal && !applied
      ? [`These settings work: ${fields(test.proposal)}. ${again('--apply')} takes them over.`]
      : []),
    test.ok ? `${name} can be used.` : `${name} cannot be used like this.`,
  ];
}
