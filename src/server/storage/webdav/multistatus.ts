import { decode } from './url';
import { wholeSeconds } from '../storage';
import { readXml, XmlFault } from '../xml';

export interface Entry {
  readonly name: string;
  readonly folder: boolean;
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface ListedEntry extends Entry {
  /** As the server writes it, decoded, without a slash at its end. */
  readonly path: string;
}

const MOST_ENTRIES = 50_000;

/** What an answer to PROPFIND tells of; names decoded once, whether the server writes whole URLs or paths. */
export async function readMultistatus(body: AsyncIterable<Uint8Array>): Promise<ListedEntry[] | undefined> {
  const entries: ListedEntry[] = [];
  let [href, size, modified, status] = ['', '', '', ''];
  let [folder, told, listed] = [false, false, false];
  let good = { size: '', modified: '', folder: false };
  const root = await readXml(body, {
    open(path) {
      if (path[0] !== 'multistatus') throw new XmlFault('it is not what WebDAV servers answer');
      const name = path.at(-1);
      if (path.length === 2)
        [href, told, listed, good] = ['', false, false, { size: '', modified: '', folder: false }];
      else if (path.length === 3 && name === 'propstat')
        [size, modified, status, folder] = ['', '', '', false];
      else if (path.length === 6 && name === 'collection' && path[4] === 'resourcetype') folder = true;
    },
    text(path, text) {
      const name = path.at(-1);
      if (path.length === 3 && name === 'href') href += text;
      else if (path.length === 4 && name === 'status') status += text;
      else if (path.length === 5 && name === 'getcontentlength') size += text;
      else if (path.length === 5 && name === 'getlastmodified') modified += text;
    },
    close(path) {
      if (path.length === 3 && path[2] === 'propstat') {
        told = true;
        // Several may follow each other, for what was found and what was not.
        if (!listed && (status === '' || /\s2\d\d(\s|$)/.test(status))) {
          listed = true;
          good = { size, modified, folder };
        }
      }
      if (path.length !== 2 || path[1] !== 'response' || !told) return;
      if (entries.length >= MOST_ENTRIES) throw new XmlFault(`it lists more than ${MOST_ENTRIES} files`);
      entries.push(entryOf(href.trim(), good));
    },
  });
  return root === 'multistatus' ? entries : undefined;
}

function entryOf(
  href: string,
  { size, modified, folder }: { size: string; modified: string; folder: boolean },
): ListedEntry {
  // Some write "#" and "?" as they are: to a parser of URLs the name would end there.
  const path = withoutSlash(decode(href.replace(/^[a-z]+:\/\/[^/]*/i, '')));
  const bytes = /^\s*\d{1,16}\s*$/.test(size) ? Number(size) : 0;
  const time = Date.parse(modified);
  return {
    path,
    name: path.split('/').at(-1) ?? '',
    folder,
    size: Number.isSafeInteger(bytes) ? bytes : 0,
    modifiedAt: wholeSeconds(new Date(Number.isNaN(time) ? 0 : time)),
  };
}

const withoutSlash = (path: string): string => path.replace(/\/+$/, '');

/**
 * What lies directly in the folder that was asked for, and not the folder itself. Behind a proxy a server may know
 * its folders by other paths: then the folder tells its own, first of all. By another name it is another folder.
 */
export function inFolder(entries: readonly ListedEntry[], asked: string, name?: string): Entry[] {
  const self =
    entries.find((entry) => entry.path === asked)?.path ??
    (entries.some((entry) => parentOf(entry) === asked)
      ? asked
      : entries[0]?.folder && (name === undefined || entries[0].name === name)
        ? entries[0].path
        : asked);
  return entries.filter((entry) => entry.path !== self && entry.name !== '' && parentOf(entry) === self);
}

const parentOf = ({ path, name }: ListedEntry): string =>
  withoutSlash(path.slice(0, path.length - name.length));
