// The licences of everything that is bundled have to travel with the bundle.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/** Licences whose texts may travel with a work under Apache-2.0. */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
];

/**
 * The packages that files belong to, each once, sorted by name. Throws for one without a licence that is allowed.
 *
 * @param {Iterable<string>} files paths of modules, as bundlers name them
 * @returns {{ name: string, version: string, license: string, text: string }[]}
 */
export function packagesOf(files) {
  const folders = new Set();
  for (const file of files) {
    // Bundlers put a NUL before modules of their own, and a question after those that they take apart.
    const path = resolve(file.replace(/^\0/, '').replace(/\?.*$/, ''));
    const found = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(path);
    if (found && !found[1].endsWith(`${sep}.vite`)) folders.add(found[1]);
  }
  const packages = [...folders].map((folder) => {
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const { name, version, author } = about;
    // Packages of long ago have a list.
    const license = about.license ?? about.licenses?.[0];
    const kind = typeof license === 'object' ? license.type : license;
    const choices = String(kind).replace(/[()]/g, '').split(/ OR /);
    if (!choices.some((one) => ALLOWED.includes(one))) {
      throw new Error(`${name} is under ${kind}, which is not among the licences that may be bundled.`);
    }
    return { name, version, license: kind, text: textOf(folder, author, String(kind)) };
  });
  const order = (one) => `${one.name}@${one.version}`;
  return packages
    .filter((one, i) => packages.findIndex((other) => order(other) === order(one)) === i)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function textOf(folder, author, license) {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length > 0) return texts.join('\n\n');
  // Its package forgot to bring it: the licence's own words, for whom it names.
  const who = typeof author === 'object' ? author.name : author;
  const words = license.includes('Apache-2.0') ? APACHE : license.includes('MIT') ? MIT : undefined;
  if (words === undefined) throw new Error(`${folder} is under ${license} and has no text of it.`);
  return `Copyright (c) ${who ?? 'its authors'}\n\n${words}`;
}

const APACHE = readFileSync(new URL('../LICENSE', import.meta.url), 'utf8').trim();
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** One text of all of them. */
export const noticesText = (packages) =>
  [
    'Ark contains these packages.',
    ...packages.map(
      ({ name, version, license, text }) => `${'='.repeat(78)}\n${name} ${version} (${license})\n\n${text}`,
    ),
  ].join('\n\n') + '\n';
