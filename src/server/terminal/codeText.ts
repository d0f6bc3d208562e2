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
  const compared = items.some((item) => item.state !== undefined);
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
  items.map((item) => `! ${leftOutText(item)}`);

function withText(item: CodeItem): string[] {
  const notes = [
    item.definer ? 'SECURITY DEFINER' : '',
    item.language ?? '',
    { new: 'not here yet', different: 'different here', same: 'here already' }[item.state ?? 'new'],
  ].slice(0, item.state === undefined ? 2 : 3);
  const said = notes.filter(Boolean).join(', ');
  return [
    `-- ${codeLabel(item)}${said === '' ? '' : ` (${said})`}`,
    ...item.text.split(/\r?\n/).map((line) => `   ${line}`),
  ];
}
