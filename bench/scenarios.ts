/**
 * What an admin does with the page, played in Chromium against real consoles with their own PostgreSQL: clicks and
 * fields are counted as they are made, seconds as a robot needs them, who does not read. A scenario counts only if the
 * database, the files or the page show at its end that it did what it says. Prints a Markdown table and writes JSON to
 * bench/results/. `npx tsx bench/scenarios.ts --only 3,6`; needs `npm run build`, Chromium, and root for a full disk.
 */
import { Command } from 'commander';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { format, resolveConfig } from 'prettier';
import { launch } from '../__tests__/browser/browser';
import { SCENARIOS } from './scenarios/all';
import type { Scenario } from './scenarios/scenario';
import { stageOn } from './scenarios/stage';
import { circumstances, tableOf, type Circumstances, type Line } from './scenarios/table';

const options = new Command('bench:scenarios')
  .option('--only <numbers>', 'these alone, by number, separated by commas')
  .option('--docs', 'the table goes into docs/scenarios.md, if nothing failed')
  .parse()
  .opts<{ only?: string; docs?: true }>();

const DOCS = join(__dirname, '..', 'docs', 'scenarios.md');

async function main(): Promise<void> {
  if (!existsSync(join(__dirname, '..', 'dist', 'console', 'index.html')))
    throw new Error('Run npm run build first.');
  const only = options.only?.split(',').map(Number);
  const chosen = SCENARIOS.filter(({ number }) => only?.includes(number) ?? true);
  if (chosen.length === 0) throw new Error(`There is no scenario ${options.only ?? ''}.`);
  const lines: Line[] = [];
  const loads = [loadavg()[0] ?? 0];
  const browser = await launch();
  try {
    for (const scenario of chosen) {
      process.stderr.write(
        `${new Date().toISOString()} ${scenario.number}. ${scenario.parts[0]?.what ?? ''}\n`,
      );
      lines.push(...(await play(scenario, browser)));
      loads.push(loadavg()[0] ?? 0);
    }
  } finally {
    await browser.close();
  }
  await report(lines, loads);
}

async function play({ number, parts, play }: Scenario, browser: Browser): Promise<Line[]> {
  const stage = stageOn(browser);
  try {
    const played = await play(stage);
    await stage.close();
    return parts.map((part, i) => ({ number, ...part, now: played[i]! }));
  } catch (error) {
    const shown = await stage.shown();
    const fault = `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${shown}`;
    process.stderr.write(`Scenario ${number} failed: ${fault}\n`);
    await stage.close().catch((other: unknown) => process.stderr.write(`${String(other)}\n`));
    return parts.map((part) => ({ number, ...part, fault }));
  }
}

async function report(lines: readonly Line[], loads: readonly number[]): Promise<void> {
  const failed = new Set(lines.filter(({ fault }) => fault !== undefined).map(({ number }) => number));
  const about = {
    at: new Date().toISOString(),
    node: process.version,
    cpus: cpus().length,
    memory: totalmem(),
    load: { least: Math.min(...loads), most: Math.max(...loads) },
  };
  const table = tableOf(lines);
  console.log(`${table}\n\n${circumstances(about)}; ${failed.size} failed`);
  const out = join(__dirname, 'results', 'scenarios.json');
  mkdirSync(join(__dirname, 'results'), { recursive: true });
  writeFileSync(out, `${JSON.stringify({ ...about, lines }, undefined, 2)}\n`);
  console.log(out);
  if (failed.size > 0) process.exitCode = 1;
  else if (options.docs) await writeDocs(table, lines, about);
}

/** In the middle of the page: what is around the figures is written by hand. */
async function writeDocs(table: string, lines: readonly Line[], about: Circumstances): Promise<void> {
  const sentences = lines.map(({ number, what, does }) => `- ${number}, ${what}: ${does}`).join('\n');
  const text = readFileSync(DOCS, 'utf8').replace(
    /(<!-- figures -->)[^]*(<!-- \/figures -->)/,
    (_, begin: string, end: string) =>
      `${begin}\n\n${circumstances(about)}.\n\n${table}\n\nWhat the admin does:\n\n${sentences}\n\n${end}`,
  );
  const settings = (await resolveConfig(DOCS)) ?? {};
  writeFileSync(DOCS, await format(text, { ...settings, parser: 'markdown' }));
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
