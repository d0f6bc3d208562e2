const END = '.ark';

/** A name that a storage takes, from whatever the file is called on the user's disk. */
export function uploadName(fileName: string): string {
  const stem = fileName
    .replace(/\.ark$/i, '')
    // Browsers call a second download "shop (1).ark".
    // eslint-disable-next-line no-control-regex
    .replace(/[/\\:*?"<>|\u0000-\u001f\u007f]+/g, '-')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  let name = stem === '' ? 'upload' : stem;
  while (new TextEncoder().encode(name + END).length > 190) name = name.replace(/.$/su, '');
  return name + END;
}

/** `shop.ark`, or `shop-2.ark` where that is taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  const stem = name.slice(0, -END.length);
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${stem}-${count}${END}`;
  return free;
}

/** Why a name for a new backup will not do; undefined if it will. */
export function nameFault(name: string, taken: ReadonlySet<string>): 'invalid' | 'taken' | undefined {
  if (name === '') return undefined;
  const full = name.endsWith(END) ? name : name + END;
  // eslint-disable-next-line no-control-regex
  if (/[/\\:*?"<>|\u0000-\u001f\u007f]/.test(full) || full.startsWith('.') || /\s$/.test(name))
    return 'invalid';
  if (new TextEncoder().encode(full).length > 200) return 'invalid';
  return taken.has(full) ? 'taken' : undefined;
}
