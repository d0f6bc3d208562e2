import type { Application, NotificationManager } from '@nocobase/server';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';

/** E-mail through the app's notification manager, by the first e-mail channel that is set up there. */
export function nocobaseNotify(app: Application): NonNullable<Host['notify']> {
  return async ({ subject, text }, to) => {
    const manager = app.pm.get('notification-manager') as NotificationManager | undefined;
    if (!manager) {
      throw refused('alarm-app-off', {});
    }
    const channel = await app.db
      .getRepository('notificationChannels')
      .findOne({ filter: { notificationType: 'email' } });
    if (!channel) {
      throw refused('alarm-app-channel', {});
    }
    const { status, reason } = await manager.sendNow({
      channelName: String(channel.toJSON().name),
      triggerFrom: 'ark',
      message: { to: [...to], subject, contentType: 'text', text },
    });
    if (status === 'success') return;
    throw refused('alarm-app-says', { said: reason ?? status });
  };
}
