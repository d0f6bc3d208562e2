import { placesIn, word, type Completed, type Place, type Values } from './completed';

export function bashScript(ark: Completed): string {
  const places = placesIn(ark);
  const name = word(ark.name);
  return `# bash completion of ${name}, as "${name} completion bash" makes it from its commands

_${name}_complete() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" place='' option='' words='' files='' at=0 typed i
  for ((i = 1; i < COMP_CWORD; i++)); do
    typed="\${COMP_WORDS[i]}"
    [[ $typed == '=' ]] && continue
    if [[ -n $option ]]; then
      option=''
      continue
    fi
    case "$place|$typed" in
${cases(places.flatMap(withValues), (key) => [key, `option="$typed"`], 6)}
      *'|-'*) ;;
${cases(places.flatMap(inside), (key) => [key, 'place="${place:+$place }$typed" at=0'], 6)}
      *) at=$((at + 1)) ;;
    esac
  done
  [[ $cur == '=' ]] && cur=''
  if [[ -n $option ]]; then
    case "$place|$option" in
${places.flatMap(valuesOf).join('\n')}
    esac
  elif [[ $cur == -* ]]; then
    case "$place" in
${places.map(({ path, options }) => `      '${path}') words='${options.flatMap(({ names }) => names.map(word)).join(' ')}' ;;`).join('\n')}
    esac
  else
    case "$place|$at" in
${places.flatMap(positions).join('\n')}
    esac
  fi
  COMPREPLY=()
  while IFS= read -r typed; do COMPREPLY+=("$typed"); done < <(compgen -W "$words" -- "$cur")
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r typed; do COMPREPLY+=("$typed"); done < <(compgen -f -- "$cur")
  fi
}
complete -F _${name}_complete ${name}
`;
}

const cases = (keys: readonly string[], line: (key: string) => [string, string], indent: number): string =>
  keys
    .map((key) => line(key))
    .map(([pattern, does]) => `${' '.repeat(indent)}'${pattern}') ${does} ;;`)
    .join('\n');

/** The options of a command that what follows belongs to, as `place|option`. */
const withValues = ({ path, options }: Place): string[] =>
  options.flatMap(({ names, value }) => (value ? names.map((option) => `${path}|${word(option)}`) : []));

const inside = ({ path, commands }: Place): string[] => commands.map(({ name }) => `${path}|${word(name)}`);

const set = ({ words, files }: Values): string =>
  `words='${words.map(word).join(' ')}'${files ? ' files=1' : ''}`;

const valuesOf = ({ path, options }: Place): string[] =>
  options.flatMap(({ names, value }) =>
    value ? names.map((option) => `      '${path}|${option}') ${set(value)} ;;`) : [],
  );

function positions({ path, commands, arguments: places }: Place): string[] {
  if (commands.length > 0)
    return [`      '${path}|0') words='${commands.map(({ name }) => word(name)).join(' ')}' ;;`];
  return places.map((values, at) => `      '${path}|'${values.more ? '*' : at}) ${set(values)} ;;`);
}
