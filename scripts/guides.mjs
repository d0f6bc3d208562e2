import { marked } from 'marked';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

const IMAGE = /\.\.\/images\/([\w-]+\.png)/g;

/** The guides of `docs/guides` as pages with their pictures, to be opened from the form: `NAME.html`, `NAME.zh-CN.html`. */
export async function buildGuides(from, to) {
  await mkdir(join(to, 'images'), { recursive: true });
  const pictures = new Set();
  for (const file of await readdir(from)) {
    if (!file.endsWith('.md')) continue;
    const text = await readFile(join(from, file), 'utf8');
    for (const [, picture] of text.matchAll(IMAGE)) pictures.add(picture);
    const title = /^# (.*)$/m.exec(text)?.[1] ?? 'Ark';
    const language = /\.([a-z]{2}-[A-Z]{2})\.md$/.exec(file)?.[1] ?? 'en';
    // What scrolls can be reached without a mouse.
    const body = (await marked.parse(text.replace(IMAGE, 'images/$1'))).replaceAll(
      '<pre>',
      '<pre tabindex="0">',
    );
    await writeFile(
      join(to, `${basename(file, '.md')}.html`),
      `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="guides.css">
</head>
<body>
${body}</body>
</html>
`,
    );
  }
  await cp(join(from, 'guides.css'), join(to, 'guides.css'));
  for (const picture of pictures) await cp(join(from, '../images', picture), join(to, 'images', picture));
}
