import type { Host } from '../../host';

/** What a restore could do with the rights of the database account, if they are more than the app needs. */
export async function accountRisk({ database }: Pick<Host, 'database'>): Promise<string | undefined> {
  const { user, powers } = await database.account();
  if (powers.length === 0) return undefined;
  const may = powers.includes('superuser') ? 'is a superuser' : `has ${powers.join(', ')}`;
  return `The database account ${user} ${may}: code in a backup could do as much as it may, even outside this database. Use an account that owns the app's tables and nothing more.`;
}
