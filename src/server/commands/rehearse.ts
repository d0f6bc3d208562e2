import type { Command } from 'commander';
import { makerOf, makerText } from '../actions/maker';
import { rememberProof } from '../actions/proofs';
import { rehearseBackup, unprovenText } from '../actions/rehearse';
import { aboutCode, codeChoice, command, database, host, open, opened, run, type Options } from './command';

export function rehearseCommand(program: Command): void {
  command(
    program,
    'rehearse <archive>',
    'prove that an archive can be restored here, without touching what lives here',
    database,
    ...opened,
    ...aboutCode,
  ).action((name: string, options: Options) =>
    run(options, async (watch) => {
      const target = host(options);
      const archive = await open(name, options);
      const maker = await makerOf(target, archive);
      const { job, result } = await rehearseBackup(target, archive, name, {
        ...codeChoice(options),
        allowPlain: options.allowPlain,
        ...watch,
        remember: () => rememberProof(target, archive, { rehearsedAt: new Date().toISOString() }),
      });
      return {
        json: { job: job.id, ok: true, maker, ...result },
        text: [
          `Proven restorable: ${result.collections} collections with ${result.rows} rows were built aside, compared with the archive, and dropped again. Made by ${makerText(maker)}.`,
          `! ${unprovenText(result.unproven)}`,
        ],
      };
    }),
  );
}
