const END = '.ark';

/** A name that a storage takes, from whatever the file is called on the user's disk. */
export function uploadName(fileName: string): string {
  // The server takes those of NocoBase's own plugins too.
  const end = /\.(nbdump|nbdata)$/i.exec(fileName)?.[0].toLowerCase() ?? END;
  const stem = fileName
    .replace(/\.(ark|nbdump|nbdata)$/i, '')
    // Browsers call a second download "shop (1).ark".
    // eslint-disable-next-line no-control-regex
    .replace(/[/\\:*?"<>|\u0000-\u001f\u007f]+/g, '-')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  let name = stem === '' ? 'upload' : stem;
  while (new TextEncoder().encode(name + end).length > 190) name = name.replace(/.$/su, '');
  return name + end;
}

/** `shop.ark`, or `shop-2.ark` where that is taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  const end = /\.[a-z]+$/.exec(name)?.[0] ?? END;
  const stem = name.slice(0, -end.length);
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${stem}-${count}${end}`;
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
