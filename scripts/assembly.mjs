// Compiles assembly/ and writes what Ark runs of it into src: `npm run assembly`; with --check it only compares.
import asc from 'assemblyscript/asc';
import { readFileSync, writeFileSync } from 'node:fs';

const SOURCE = 'assembly/rowToCsv.ts';
const TARGET = 'src/server/dumper/dialects/mysql/snapshot/rowToCsv.ts';

let compiled;
const { error, stderr } = await asc.main(
  [SOURCE, '--outFile', 'out.wasm', '-O3', '--runtime', 'stub', '--noAssert', '--importMemory'],
  { writeFile: (name, contents) => void (name === 'out.wasm' && (compiled = Buffer.from(contents))) },
);
if (error) throw new Error(`${error.message}\n${stderr.toString()}`);

const text = `/** ${SOURCE}, as \`npm run assembly\` compiled it: WebAssembly in base64. */
export const ROW_TO_CSV =
  '${compiled.toString('base64')}';
`;
if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error(`${TARGET} is not what ${SOURCE} makes: npm run assembly`);
  process.exitCode = 1;
}
