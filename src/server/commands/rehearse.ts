import type { Command } from 'commander';
import { makerOf, makerText } from '../actions/trust/maker';
import { rememberProof } from '../actions/backups/proofs';
import { proofText, rehearseBackup, unprovenText, type RehearseResult } from '../actions/restore/rehearse';
import { run } from './command';
import { host } from './host';
import { called } from './called';
import { open } from './open';
import { aboutCode, withOptions, database, opened, type Options } from './options';
import { codeChoice } from './selection';
import { warningText } from '../dumper/app/warning';

export function rehearseCommand(made: Command): void {
  withOptions(made, database, ...opened, ...aboutCode).action((asked: string, typed: Options) =>
    run(typed, async (watch) => {
      const { name, options } = await called(asked, typed);
      const target = host(options);
      const archive = await open(name, options);
      const maker = await makerOf(target, archive);
      const { job, result } = await rehearseBackup(target, archive, name, {
        ...codeChoice(options),
        allowPlain: options.allowPlain,
        ...watch,
        remember: (shown) =>
          rememberProof(target, archive, { rehearsedAt: new Date().toISOString(), ...shown }),
      });
      return {
        did: true,
        json: { job: job.id, ok: true, maker, ...result },
        text: [
          `${headline(result)}: ${result.collections} collections with ${result.rows} rows were ${proofText(result.proof, result.beside)}, compared with the archive, and dropped again. Made by ${makerText(maker)}.`,
          ...result.breaks.map((warning) => `! ${warningText(warning)}`),
          `! ${unprovenText(result.unproven)}`,
        ],
      };
    }),
  );
}

/** Only what an empty database has taken, all of it, is said to be restorable wherever. */
const headline = ({ proof, leftOut, breaks }: RehearseResult): string =>
  leftOut.length + breaks.length > 0
    ? 'Restorable in part'
    : proof === 'database'
      ? 'Proven restorable'
      : 'Proven restorable beside this app';
