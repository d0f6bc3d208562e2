import {
  description,
  placesIn,
  word,
  type Completed,
  type CompletedOption,
  type Place,
  type Values,
} from './completed';

export function fishScript(ark: Completed): string {
  const name = word(ark.name);
  const places = placesIn(ark);
  const groups = places.filter(({ path, commands }) => path !== '' && commands.length > 0);
  return `# fish completion of ${name}, as "${name} completion fish" makes it from its commands

# Whether these words have been typed, and no command inside is chosen yet.
function __fish_${name}_at
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l place
    for one in $typed
        string match -q -- '-*' $one; and continue
        set -a place $one
        contains -- $place[1] ${groups.map(({ path }) => word(path)).join(' ')}; or break
        test (count $place) -ge 2; and break
    end
    test "$place" = "$argv"
end

complete -c ${name} -f
${places.flatMap((place) => linesOf(name, place)).join('\n')}
`;
}

function linesOf(name: string, { path, commands, options, arguments: places }: Place): string[] {
  const start = `complete -c ${name} -n '__fish_${name}_at${path === '' ? '' : ` ${path}`}'`;
  return [
    ...commands.map((inner) => `${start} -a '${word(inner.name)}' -d '${description(inner.description)}'`),
    // Of what may stand in several places all is offered in each.
    ...places.map((values) => `${start}${valued(values)}`).filter((line) => line !== start),
    ...options.map((option) => `${start}${optionText(option)} -d '${description(option.description)}'`),
  ];
}

const optionText = ({ names, value }: CompletedOption): string =>
  [
    ...names.map((text) =>
      text.startsWith('--') ? ` -l ${word(text).slice(2)}` : ` -s ${word(text).slice(1)}`,
    ),
    value === undefined ? '' : ` -r${valued(value)}`,
  ].join('');

const valued = ({ words, files }: Values): string =>
  `${files ? ' -F' : ''}${words.length > 0 ? ` -a '${words.map(word).join(' ')}'` : ''}`;
