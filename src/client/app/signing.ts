import { OFFLINE, UNAUTHORIZED } from '../api/api';

/** The console's own way in and out. Undefined: it worked; otherwise the code of what went wrong. */
export const signIn = (token: string): Promise<string | undefined> => post('sign-in', { token });
export const signOut = (): Promise<string | undefined> => post('sign-out', {});

async function post(where: string, body: object): Promise<string | undefined> {
  try {
    const { ok, status } = await fetch(where, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      credentials: 'same-origin',
    });
    return ok ? undefined : status === 401 ? UNAUTHORIZED : 'INTERNAL';
  } catch {
    return OFFLINE;
  }
}
