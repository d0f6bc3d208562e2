import { description, placesIn, word, type Completed, type Place, type Values } from './completed';

export function zshScript(ark: Completed): string {
  const places = placesIn(ark);
  const name = word(ark.name);
  return `#compdef ${name}
# zsh completion of ${name}, as "${name} completion zsh" makes it from its commands

_${name}() {
  local place='' option='' typed files='' at=0 i
  local -a shown
  for ((i = 2; i < CURRENT; i++)); do
    typed="\${words[i]}"
    if [[ -n $option ]]; then
      option=''
      continue
    fi
    case "$place|$typed" in
${lines(places.flatMap(withValues), 'option="$typed"')}
      *'|-'*) ;;
${lines(places.flatMap(inside), 'place="${place:+$place }$typed"; at=0')}
      *) at=$((at + 1)) ;;
    esac
  done
  if [[ -n $option ]]; then
    case "$place|$option" in
${places.flatMap(valuesOf).join('\n')}
    esac
  elif [[ "\${words[CURRENT]}" == -* ]]; then
    case "$place" in
${places.map(({ path, options }) => `      '${path}') shown=(${options.flatMap((option) => option.names.map((each) => shown(each, option.description))).join(' ')}) ;;`).join('\n')}
    esac
  else
    case "$place|$at" in
${places.flatMap(positions).join('\n')}
    esac
  fi
  (( \${#shown} )) && _describe -V '${name}' shown
  [[ -n $files ]] && _files
  return 0
}

if [[ "\${funcstack[1]}" == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

const lines = (keys: readonly string[], does: string): string =>
  keys.map((key) => `      '${key}') ${does} ;;`).join('\n');

const withValues = ({ path, options }: Place): string[] =>
  options.flatMap(({ names, value }) => (value ? names.map((option) => `${path}|${word(option)}`) : []));

const inside = ({ path, commands }: Place): string[] => commands.map(({ name }) => `${path}|${word(name)}`);

const shown = (text: string, what = ''): string =>
  `'${word(text)}${what === '' ? '' : `:${description(what)}`}'`;

const set = ({ words, files }: Values): string =>
  `shown=(${words.map((text) => shown(text)).join(' ')})${files ? '; files=1' : ''}`;

const valuesOf = ({ path, options }: Place): string[] =>
  options.flatMap(({ names, value }) =>
    value ? names.map((option) => `      '${path}|${option}') ${set(value)} ;;`) : [],
  );

function positions({ path, commands, arguments: places }: Place): string[] {
  if (commands.length > 0)
    return [
      `      '${path}|0') shown=(${commands.map((inner) => shown(inner.name, inner.description)).join(' ')}) ;;`,
    ];
  return places.map((values, at) => `      '${path}|'${values.more ? '*' : at}) ${set(values)} ;;`);
}
