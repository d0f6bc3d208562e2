import {
  codeLabel,
  codeSums,
  leftOutText,
  newCode,
  type CodeItem,
  type LeftOut,
} from '../dumper/schema/code';

/** What comes that can run, in a line; with `texts` each of it as it is. */
export function codeText(items: readonly CodeItem[], texts = false): string[] {
  if (items.length === 0) return [];
  const compared = items.some((one) => one.state !== undefined);
  const fresh = newCode(items).length;
  const here =
    !compared || fresh === items.length
      ? ''
      : fresh === 0
        ? '; all of it is here already'
        : `; ${items.length - fresh} of these are here already`;
  return [
    `Brings code: ${codeSums(items)}${here}.${texts ? '' : ' "ark inspect --code" shows the texts.'}`,
    ...(texts ? items.flatMap(withText) : []),
  ];
}

export const leftOutLines = (items: readonly LeftOut[]): string[] =>
  items.map((one) => `! ${leftOutText(one)}`);

function withText(one: CodeItem): string[] {
  const about = [
    one.definer ? 'SECURITY DEFINER' : '',
    one.language ?? '',
    { new: 'not here yet', different: 'different here', same: 'here already' }[one.state ?? 'new'],
  ].slice(0, one.state === undefined ? 2 : 3);
  const said = about.filter(Boolean).join(', ');
  return [
    `-- ${codeLabel(one)}${said === '' ? '' : ` (${said})`}`,
    ...one.text.split(/\r?\n/).map((line) => `   ${line}`),
  ];
}
