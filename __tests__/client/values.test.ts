import { createI18n, LANGUAGES, type Language } from '../../src/client/parts/i18n';
import { structureText } from '../../src/client/restore/structureText';
import { StructureChange } from '../../src/server/dumper/structureChanges';
import { changeText } from '../../src/server/terminal/changeText';

/** One of each code, with a value that shows in each of its free fields, and each of its words. */
const samples = StructureChange.options.flatMap((option): StructureChange[] => {
  const fields = Object.entries<object>(option.shape).filter(([field]) => field !== 'code');
  const words = (schema: object): readonly string[] =>
    'options' in schema ? (schema.options as string[]) : [];
  const most = Math.max(1, ...fields.map(([, schema]) => words(schema).length));
  return Array.from({ length: most }, (_, i) =>
    StructureChange.parse({
      code: option.shape.code.value,
      ...Object.fromEntries(
        fields.map(([field, schema]) => {
          const choices = words(schema);
          return [field, choices.length > 0 ? choices[i % choices.length] : `«${field}»`];
        }),
      ),
    }),
  );
});
/** Only the free ones are shown as they are. */
const shown = (change: StructureChange) => Object.values(change).filter((value) => value.startsWith('«'));

describe('each change of structure', () => {
  it('has a sample', () => {
    expect(new Set(samples.map((change) => change.code)).size).toBe(StructureChange.options.length);
  });

  it.each(samples)('is told at the terminal with all of its fields: $code', (change) => {
    for (const value of shown(change)) expect(changeText(change)).toContain(value);
    expect(changeText(change)).not.toMatch(/undefined/);
  });

  it.each(Object.keys(LANGUAGES) as Language[])('is told in %s with all of its fields', (language) => {
    const texts: Readonly<Record<string, string>> = LANGUAGES[language].texts;
    for (const change of samples) {
      expect(texts).toHaveProperty([`change.${change.code}`]);
      const text = structureText(createI18n(language), change);
      for (const value of shown(change)) expect(text).toContain(value);
      expect(text).not.toMatch(/\{\{|\b(change|kind)\.\w/);
    }
  });
});
