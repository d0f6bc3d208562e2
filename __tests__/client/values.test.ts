import { codeText, detailText as pageDetailText } from '../../src/client/parts/detailText';
import type { I18n } from '../../src/client/parts/i18n';
import { LANGUAGE_NAMES } from '../../src/client/parts/languages';
import { structureText } from '../../src/client/restore/structureText';
import { warningText as pageWarningText } from '../../src/client/parts/warningText';
import { StructureChange } from '../../src/server/dumper/schema/structureChanges';
import { Warning, WARNING_SCHEMAS, warningText } from '../../src/server/dumper/app/warning';
import { Details, DETAILS, detailText } from '../../src/server/errors/details';
import { NotIncluded, reasonOf, WHY, Why } from '../../src/server/dumper/schema/notIncluded';
import { Damage, DAMAGES, damageText } from '../../src/server/errors/damages';
import { Holder, HOLDERS, holderText } from '../../src/server/errors/holders';
import { Reason, REASONS, reasonText } from '../../src/server/errors/reasons';
import { schemasOf } from '../../src/server/errors/told';
import { leftOut, whyText } from '../../src/client/backups/notIncluded';
import { changeText } from '../../src/server/terminal/changeText';
import { freeIn, samplesOf, type Union } from '../helpers/samples';
import { spoken, textsOf } from '../helpers/spoken';

/** What the server tells as codes with fields, and who tells it to people. */
interface Told {
  readonly what: string;
  readonly options: Union;
  readonly terminal: (value: never) => string;
  readonly page: (i18n: I18n, value: never) => string;
  /** Where the languages have the words of a code. */
  readonly key: string;
}
const TOLD: readonly Told[] = [
  {
    what: 'change of structure',
    options: StructureChange.options,
    terminal: (value) => changeText(StructureChange.parse(value)),
    page: (i18n, value) => structureText(i18n, StructureChange.parse(value)),
    key: 'change',
  },
  {
    what: 'detail of a failure',
    options: schemasOf(DETAILS),
    terminal: (value) => detailText(Details.parse(value)),
    page: (i18n, value) => pageDetailText(i18n, Details.parse(value)),
    key: 'detail',
  },
  {
    what: 'damage of an archive',
    options: schemasOf(DAMAGES),
    terminal: (value) => damageText(Damage.parse(value)),
    page: (i18n, value) => codeText(i18n, Damage.parse(value)),
    key: 'damage',
  },
  {
    what: 'reason of a failure',
    options: schemasOf(REASONS),
    terminal: (value) => reasonText(Reason.parse(value)),
    page: (i18n, value) => codeText(i18n, Reason.parse(value)),
    key: 'cause',
  },
  {
    what: 'holder of a lock',
    options: schemasOf(HOLDERS),
    terminal: (value) => holderText(Holder.parse(value)),
    page: (i18n, value) => codeText(i18n, Holder.parse(value)),
    key: 'holder',
  },
  {
    what: 'reason why something is in no backup',
    options: schemasOf(WHY),
    terminal: (value) => reasonOf(Why.parse(value)),
    page: (i18n, value) => whyText(i18n, Why.parse(value)),
    key: 'left',
  },
  {
    what: 'warning of a preview',
    options: WARNING_SCHEMAS,
    terminal: (value) => warningText(Warning.parse(value)),
    page: (i18n, value) => pageWarningText(i18n, Warning.parse(value)),
    key: 'warn',
  },
];
const languages = LANGUAGE_NAMES;

describe.each(TOLD)('each $what', ({ options, terminal, page, key }) => {
  const samples = samplesOf(options);
  /** Words of Ark's own: codes, kinds, groups. */
  const words = new RegExp(`\\{\\{|\\b(${key}|kind|group|thing|list|forgotten)\\.\\w`);

  it('has a sample', () => {
    expect(new Set(samples.map((sample) => sample.code)).size).toBe(options.length);
  });

  it('is told at the terminal with all of its fields', () => {
    for (const sample of samples) {
      const text = terminal(sample as never);
      for (const value of freeIn(sample)) expect(text).toContain(value);
      expect(text).not.toMatch(/undefined|\{\{/);
    }
  });

  it.each(languages)('is told in %s with all of its fields', (language) => {
    const texts: Readonly<Record<string, string>> = textsOf(language);
    for (const sample of samples) {
      expect(texts).toHaveProperty([`${key}.${sample.code}`]);
      const text = page(spoken(language), sample as never);
      for (const value of freeIn(sample)) expect(text).toContain(value);
      expect(text).not.toMatch(words);
    }
  });

  it.each(languages.filter((language) => language !== 'en-US'))(
    'is told in %s without a word of English',
    (language) => {
      const english = textsOf('en-US');
      const texts = textsOf(language);
      for (const { code } of samples) {
        const name = `${key}.${code}`;
        // What has no words of its own, but only fields, is the same everywhere.
        const wordless = !/\p{L}/u.test((english[name] ?? '').replace(/\{\{\w+\}\}/g, ''));
        if (!wordless) expect([name, texts[name]]).not.toEqual([name, english[name]]);
      }
    },
  );
});

/** The page finds the words of what stands in a failure by the code alone. */
it('no two reasons, damages and holders have one code', () => {
  const codes = [REASONS, DAMAGES, HOLDERS].flatMap((table) => Object.keys(table));
  expect(codes).toHaveLength(new Set(codes).size);
});

it('a long list is cut', () => {
  const tables = Array.from({ length: 15 }, (_, i) => `t${i}`);
  const long = { code: 'old-adopted', kind: 'old-format', tables } as const;
  expect(warningText(long)).toMatch(/t11 and 3 more\.$/);
  expect(pageWarningText(spoken('en-US'), long)).toBe(warningText(long));
});

it('reasons of an older archive, and of a newer one that are unknown here, stay as they are written', () => {
  const i18n = spoken('nl-NL');
  const parsed = NotIncluded.parse({ what: 'cast', name: 'a', reason: 'for a reason', why: { code: 'new' } });
  const old = { what: 'cast', name: 'b', reason: 'for a reason' };
  expect(leftOut(i18n, [parsed, old])).toEqual([
    { reason: 'cast: for a reason', foreign: true, names: ['a', 'b'] },
  ]);
});
