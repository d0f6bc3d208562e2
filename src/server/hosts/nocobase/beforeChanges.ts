import type { Application } from '@nocobase/server';
import { backUpBefore, beforeChanges } from '../../actions/system/beforeChanges';
import type { Ark } from '../../actions/ark';
import { cleaned } from '../../cleaned';
import { asBackupError } from '../../errors/errors';

/** The commands of NocoBase that change the app, and what a backup before one is called. */
const CHANGES: Readonly<Record<string, string>> = {
  upgrade: 'upgrading',
  'pm.add': 'adding',
  'pm.update': 'updating',
  'pm.enable': 'enabling',
  'pm.enable-all': 'enabling all plugins',
  'pm.disable': 'disabling',
  'pm.remove': 'removing',
};

/** A restore upgrades the app too, and needs no backup for that. */
const own = new WeakSet<Application>();
export async function byArk<T>(app: Application, use: () => Promise<T>): Promise<T> {
  own.add(app);
  try {
    return await use();
  } finally {
    own.delete(app);
  }
}

/**
 * NocoBase waits for whoever hears of a command before it begins, and takes a failure for its own. That is so only in
 * a process that has loaded its plugins: a command that starts the app anew, as an upgrade from a terminal does while
 * the app is stopped, asks nobody.
 */
export function backUpBeforeChanges(app: Application, plugin: string, ark: Ark): void {
  app.on('maintaining', async (said) => {
    const { name = '' } = said.command ?? {};
    if (said.status !== 'command_running' || !Object.hasOwn(CHANGES, name) || own.has(app)) return;
    if (!app.pm.get(plugin)?.enabled) return;
    const named = argumentsOf(app);
    // Whoever wants to be rid of Ark is not held up by it.
    if (name !== 'upgrade' && named.length > 0 && named.every((each) => isArk(each, plugin))) return;
    const mode = await beforeChanges(ark.host).catch((error: unknown) => {
      app.log.error(`Ark does not know whether to back up before a change: ${asBackupError(error).message}`);
      return 'off' as const;
    });
    if (mode === 'off') return;
    const what = CHANGES[name] ?? name;
    const subject = name === 'upgrade' ? `NocoBase ${await app.version.get()}` : named.join(', ');
    const note = cleaned(`before ${what} ${subject}`);
    app.setMaintainingMessage(`Ark is making a backup ${note}`);
    try {
      const made = await backUpBefore(ark, note, new Date());
      app.log.info(`Ark: ${made.name} was made ${note}`);
    } catch (cause) {
      const { message, code } = asBackupError(cause);
      app.log.error(`Ark: no backup was made ${note}: ${message} [${code}]`);
      if (mode === 'must') throw heldUp(note, message);
    }
  });
}

/** NocoBase shows one of this name and goes on as before; after any other it stops serving the app. */
function heldUp(note: string, message: string): Error {
  const error = new Error(
    `Nothing was changed, as Ark could not make a backup ${note}: ${message} On its page, under Schedules, is set whether to go on without one; ARK_BEFORE_CHANGES=off in the environment does the same.`,
  );
  error.name = 'RestoreCheckError';
  return error;
}

const isArk = (named: string, plugin: string): boolean =>
  named === plugin || named === `@nocobase/plugin-${plugin}` || named.endsWith('plugin-ark');

/** What the command was given. */
function argumentsOf(app: Application): string[] {
  const { _actionCommand: command } = app as unknown as { _actionCommand?: { args?: unknown } };
  return Array.isArray(command?.args)
    ? command.args.filter((each) => typeof each === 'string').map((each) => cleaned(each))
    : [];
}
