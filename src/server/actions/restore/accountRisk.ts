import type { Host } from '../../host';
import { warn, type Warning } from '../../dumper/app/warning';

/** What a restore could do with the rights of the database account, if they are more than the app needs. */
export async function accountRisk({ database }: Pick<Host, 'database'>): Promise<Warning | undefined> {
  const { user, powers } = await database.account();
  if (powers.length === 0) return undefined;
  return powers.includes('superuser')
    ? warn('account-superuser', { user })
    : warn('account-powers', { user, powers: [...powers] });
}
