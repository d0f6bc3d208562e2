import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aboutOf, Variables } from '../../environment';
import { BackupError } from '../../errors/errors';

export const newToken = (): string => randomBytes(24).toString('base64url');

/** A token of the command line, held to what ARK_TOKEN is held to. */
export function checkToken(token: string): string {
  if (token !== '' && Variables.shape.ARK_TOKEN.safeParse(token).success) return token;
  throw new BackupError(
    'USAGE',
    `The access token on the command line is wrong. Allowed: ${aboutOf('ARK_TOKEN').allowed.replaceAll('`', '')}.`,
  );
}

/** Where whoever runs the console finds the token that was made for this start, and nobody else does. */
export async function writeTokenFile(folder: string, token: string): Promise<string> {
  const file = join(folder, 'console.token');
  // Anew: one that lies there may be somebody else's to read.
  await rm(file, { force: true });
  await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return file;
}
