import type { Application, NotificationManager } from '@nocobase/server';
import { BackupError } from '../../errors/errors';
import type { Host } from '../../host';

/** E-mail through the app's notification manager, by the first e-mail channel that is set up there. */
export function nocobaseNotify(app: Application): NonNullable<Host['notify']> {
  return async ({ subject, text }, to) => {
    const manager = app.pm.get('notification-manager') as NotificationManager | undefined;
    if (!manager) {
      throw new BackupError(
        'ALARM_FAILED',
        'The notification manager is not enabled in this app. Enable it, or set a mail server in Ark.',
      );
    }
    const channel = await app.db
      .getRepository('notificationChannels')
      .findOne({ filter: { notificationType: 'email' } });
    if (!channel) {
      throw new BackupError(
        'ALARM_FAILED',
        'The notification manager has no e-mail channel. Add one there, or set a mail server in Ark.',
      );
    }
    const { status, reason } = await manager.sendNow({
      channelName: String(channel.toJSON().name),
      triggerFrom: 'ark',
      message: { to: [...to], subject, contentType: 'text', text },
    });
    if (status === 'success') return;
    throw new BackupError('ALARM_FAILED', `The notification manager could not send it: ${reason ?? status}.`);
  };
}
