import type { Command } from 'commander';
import { adoptStrays, renewInstance } from '../actions/backups/copied';
import { makerOf } from '../actions/trust/maker';
import { addTrusted, describeTrust, removeTrusted, type TrustedInstance } from '../actions/trust/trust';
import { FINGERPRINT } from '../dumper/archive/signature';
import { BackupError } from '../errors/errors';
import { trustText } from '../terminal/trust';
import { confirm, run } from './command';
import { host } from './host';
import { offline } from './offline';
import { called } from './called';
import { open } from './open';
import { command, withOptions, database, opened, yes, type Options } from './options';
import { remembered } from './remembered';

interface TrustOptions extends Options {
  readonly name?: string;
}

/** `ark trust`: whose archives are trusted here. */
export function trustCommands(trust: Command): void {
  withOptions(
    trust.command('list', { isDefault: true }).description('this instance, and those that it trusts'),
  ).action((options: TrustOptions) =>
    run(options, async () => {
      const known = await describeTrust(offline(options));
      return { json: known, text: trustText(known) };
    }),
  );

  command(trust, 'add <fingerprint-or-archive>', 'trust an instance', ...opened, yes)
    .option('--name <name>', 'how it is called here; its own name without it')
    .action((what: string, options: TrustOptions) =>
      run(options, async () => {
        const added = FINGERPRINT.test(what)
          ? await addByFingerprint(what, options)
          : await addByArchive(what, options);
        return { did: true, json: added, text: [`${added.name} (${added.fingerprint}) is trusted here.`] };
      }),
    );

  command(
    trust,
    'adopt',
    'this is the original: backups that bear its signature without a record of them here are its own',
    database,
  ).action((options: TrustOptions) =>
    run(options, async () => {
      const adopted = await adoptStrays(host(options), remembered(options));
      return {
        did: true,
        json: { adopted },
        text:
          adopted.length === 0
            ? ["There is none: every backup with this instance's signature is in its records."]
            : adopted.map(({ name, storage }) => `${name} in ${storage} is its own from now on.`),
      };
    }),
  );

  command(trust, 'renew', 'this is the copy: give it a number and a key of its own', yes).action(
    (options: TrustOptions) =>
      run(options, async () => {
        await confirm(
          options,
          "All backups made so far will be the original's: they are never deleted from here, and whoever trusts this instance has to trust its new key. Go on?",
        );
        const { own } = await renewInstance(offline(options), new Date());
        return { did: true, json: { own }, text: [`This instance: ${own}`] };
      }),
  );

  command(trust, 'remove <fingerprint>', 'trust it no longer').action(
    (fingerprint: string, options: TrustOptions) =>
      run(options, async () => {
        await removeTrusted(offline(options), fingerprint);
        return { did: true, json: { removed: fingerprint }, text: [`${fingerprint} is trusted no longer.`] };
      }),
  );
}

async function addByFingerprint(fingerprint: string, options: TrustOptions): Promise<TrustedInstance> {
  if (options.name === undefined)
    throw new BackupError('USAGE', 'A fingerprint does not tell who it is: give a name with --name.');
  return addTrusted(offline(options), { fingerprint, name: options.name }, new Date());
}

async function addByArchive(asked: string, typed: TrustOptions): Promise<TrustedInstance> {
  const { name: reference, options } = await called(asked, typed);
  const where = offline(options);
  const archive = await open(reference, options);
  const maker = await makerOf(where, archive);
  if (maker.kind === 'unknown' || maker.fingerprint === undefined) {
    throw new BackupError(
      'USAGE',
      `${reference} has no signature, so nobody can tell who made it, and there is nobody to trust.`,
    );
  }
  const name = options.name ?? archive.manifest.instance;
  await confirm(
    options,
    `${reference} was made by ${maker.fingerprint}, which calls itself ${archive.manifest.instance}. Compare the fingerprint with what "ark trust list" says there. Trust it here as ${name}?`,
  );
  return addTrusted(where, { fingerprint: maker.fingerprint, name }, new Date());
}
