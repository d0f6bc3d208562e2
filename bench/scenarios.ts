/**
 * What an admin does with the page, played in Chromium against real consoles with their own PostgreSQL: clicks and
 * fields are counted as they are made, seconds as a robot needs them, who does not read. A scenario counts only if the
 * database, the files or the page show at its end that it did what it says. Prints a Markdown table and writes JSON to
 * bench/results/. `npx tsx bench/scenarios.ts --only 3,6`; needs `npm run build`, Chromium, and root for a full disk.
 */
import { Command } from 'commander';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { format, resolveConfig } from 'prettier';
import { launch } from '../__tests__/browser/browser';
import { SCENARIOS } from './scenarios/all';
import type { Part, Scenario } from './scenarios/scenario';
import { stageOn } from './scenarios/stage';
import { circumstances, tableOf, type Line } from './scenarios/table';

const options = new Command('bench:scenarios')
  .option('--only <numbers>', 'these alone, by number, separated by commas')
  .option('--docs', 'the table goes into docs/scenarios.md, if nothing failed')
  .parse()
  .opts<{ only?: string; docs?: true }>();

const RESULTS = join(__dirname, 'results', 'scenarios.json');
const DOCS = join(__dirname, '..', 'docs', 'scenarios.md');

async function main(): Promise<void> {
  if (!existsSync(join(__dirname, '..', 'dist', 'console', 'index.html')))
    throw new Error('Run npm run build first.');
  const only = options.only?.split(',').map(Number);
  const chosen = SCENARIOS.filter(({ number }) => only?.includes(number) ?? true);
  if (chosen.length === 0) throw new Error(`There is no scenario ${options.only ?? ''}.`);
  const lines: Line[] = [];
  const browser = await launch();
  try {
    for (const scenario of chosen) {
      process.stderr.write(
        `${new Date().toISOString()} ${scenario.number}. ${scenario.parts[0]?.what ?? ''}\n`,
      );
      lines.push(...(await play(scenario, browser)));
    }
  } finally {
    await browser.close();
  }
  await report(lines);
}

async function play(scenario: Scenario, browser: Browser): Promise<Line[]> {
  const { number, parts } = scenario;
  const stage = stageOn(browser);
  const line = (part: Part) => ({ number, ...part, at: new Date().toISOString(), load: loadavg()[0] ?? 0 });
  try {
    const played = await scenario.play(stage);
    await stage.close();
    return parts.map((part, i) => ({ ...line(part), now: played[i]! }));
  } catch (error) {
    const shown = await stage.shown();
    const fault = `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${shown}`;
    process.stderr.write(`Scenario ${number} failed: ${fault}\n`);
    await stage.close().catch((other: unknown) => process.stderr.write(`${String(other)}\n`));
    return parts.map((part) => ({ ...line(part), fault }));
  }
}

/** What was not played keeps the figures of its last run. */
async function report(played: readonly Line[]): Promise<void> {
  const numbers = new Set(played.map(({ number }) => number));
  const before = existsSync(RESULTS)
    ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as { lines: Line[] }).lines
    : [];
  const lines = [...played, ...before.filter(({ number }) => !numbers.has(number))].sort(
    (a, b) => a.number - b.number,
  );
  const failed = new Set(played.filter(({ fault }) => fault !== undefined).map(({ number }) => number));
  console.log(`${tableOf(played)}\n\n${circumstances(played, cpus().length)}; ${failed.size} failed`);
  mkdirSync(dirname(RESULTS), { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, memory: totalmem() };
  writeFileSync(RESULTS, `${JSON.stringify({ ...machine, lines }, undefined, 2)}\n`);
  console.log(RESULTS);
  if (failed.size > 0) process.exitCode = 1;
  else if (options.docs) await writeDocs(lines);
}

/** In the middle of the page: what is around the figures is written by hand. */
async function writeDocs(lines: readonly Line[]): Promise<void> {
  const sentences = lines.map(({ number, what, does }) => `- ${number}, ${what}: ${does}`).join('\n');
  const figures = `${circumstances(lines, cpus().length)}.\n\n${tableOf(lines)}`;
  const text = readFileSync(DOCS, 'utf8').replace(
    /(<!-- figures -->)[^]*(<!-- \/figures -->)/,
    (_, begin: string, end: string) =>
      `${begin}\n\n${figures}\n\nWhat the admin does:\n\n${sentences}\n\n${end}`,
  );
  const settings = (await resolveConfig(DOCS)) ?? {};
  writeFileSync(DOCS, await format(text, { ...settings, parser: 'markdown' }));
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
