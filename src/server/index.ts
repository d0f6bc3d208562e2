import { Plugin, type Application } from '@nocobase/server';
import { startClean } from './actions/clean';
import type { Ark } from './actions/ark';
import { cleanUploads } from './actions/uploads/cleanUploads';
import { checkWeekly } from './actions/system/weekly';
import { keepTime, type Timekeeper } from './actions/schedules/keepTime';
import { readSettings } from './environment';
import { BackupError } from './errors/errors';
import { backUpBeforeChanges } from './hosts/nocobase/beforeChanges';
import { nocobaseArk } from './hosts/nocobase/host';
import { makeOwnTables } from './hosts/nocobase/ownTables';
import { newGate, type Gate } from './hosts/nocobase/gate';
import { mountArk } from './hosts/nocobase/routes';
import { PACKAGE } from './version';

/**
 * A restore makes the app load its plugins anew while its job goes on: the jobs are the app's, not the plugin's. Each
 * loading is given another proxy of the app, so the app itself is the key.
 */
const arks = new WeakMap<Application, { readonly ark: Ark | BackupError; readonly gate: Gate }>();

/** Ark as a plugin of NocoBase 2.x. */
export default class ArkPlugin extends Plugin {
  override async load(): Promise<void> {
    const { app } = this.app.pm;
    let place = arks.get(app);
    if (!place) {
      const gate = newGate();
      place = { ark: this.make(app, gate), gate };
      arks.set(app, place);
    }
    mountArk(this.app, this.name, place.ark, place.gate);
    await Promise.resolve();
  }

  /** Settings that are wrong are no reason for the app not to start: Ark says so and does nothing. */
  private make(app: Application, gate: Gate): Ark | BackupError {
    try {
      const settings = readSettings(process.env);
      for (const warning of settings.warnings) app.log.info(`Ark: ${warning}`);
      const made = nocobaseArk(app, settings, { name: this.name, packageName: PACKAGE }, gate);
      app.on('beforeStart', () => makeOwnTables(app));
      app.once('afterStart', () => {
        const cleaned = [startClean(made.host), cleanUploads(made.dataFolder, new Date())];
        void Promise.all(cleaned).catch((error: unknown) => {
          app.log.error('Ark could not clean up after an earlier process', { message: String(error) });
        });
      });
      keepTimeWhileStarted(app, this.name, made);
      backUpBeforeChanges(app, this.name, made);
      app.on('beforeDestroy', () => made.running.stop());
      return made;
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      app.log.error(`Ark does nothing until its settings are right: ${error.message} [${error.code}]`);
      return error;
    }
  }
}

/** While the app is stopped, as in the middle of a restore, nobody asks its database for schedules. */
function keepTimeWhileStarted(app: Application, plugin: string, ark: Ark): void {
  let keeper: Timekeeper | undefined;
  app.on('afterStart', () => {
    if (app.pm.get(plugin)?.enabled)
      keeper ??= keepTime(
        ark,
        (line) => app.log.info(`Ark: ${line}`),
        async (now) => {
          await cleanUploads(ark.dataFolder, now);
          await checkWeekly(ark.host, ark.catalog, now);
        },
      );
  });
  app.on('beforeStop', () => {
    // Not waited for: a run that goes on ends by itself, or with the app.
    void keeper?.stop();
    keeper = undefined;
  });
}
