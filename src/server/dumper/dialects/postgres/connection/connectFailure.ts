import { DatabaseError, type Client } from 'pg';
import { BackupError, refused } from '../../../../errors/errors';
import { codeOf } from './failure';
import { SQLSTATE } from '../sql/sqlstate';

/** What the server has asked for while somebody signs in. */
export interface Login {
  /** It wants a password, and there is none: not given, not in PGPASSWORD, not in ~/.pgpass. */
  lacksPassword(): boolean;
}

const ASKS = ['authenticationCleartextPassword', 'authenticationMD5Password', 'authenticationSASL'];

export function watchLogin(client: Client): Login {
  const inside = client as unknown as {
    readonly connection: NodeJS.EventEmitter;
    readonly password: unknown;
  };
  let asked = false;
  for (const event of ASKS) inside.connection.once(event, () => (asked = true));
  return { lacksPassword: () => asked && (inside.password === null || inside.password === '') };
}

/** Why a certificate is not believed, in Node's codes. */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

export function connectError(error: unknown, label: string, login?: Login): BackupError {
  if (error instanceof BackupError) return error;
  const code = codeOf(error);
  const detail = error instanceof Error && error.message ? error.message : String(code);
  const { path, syscall } = (error ?? {}) as { path?: unknown; syscall?: unknown };
  if (typeof path === 'string' && (syscall === 'open' || syscall === 'read')) {
    return refused('database-file', { path, why: code ?? detail }, { cause: error });
  }
  if (!(error instanceof DatabaseError) && login?.lacksPassword() === true) {
    return refused('database-password', { database: label }, { cause: error });
  }
  const told = { database: label, said: detail };
  if (code !== undefined && UNTRUSTED.has(code))
    return refused('certificate-unknown', told, { cause: error });
  if (code?.startsWith('CERT_') || code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refused('certificate-wrong', told, { cause: error });
  switch (code) {
    case SQLSTATE.invalidPassword:
    case SQLSTATE.invalidAuthorization:
      return refused('database-login', told, { cause: error });
    case SQLSTATE.invalidCatalogName:
      return refused('database-name', told, { cause: error });
    case SQLSTATE.tooManyConnections:
      return refused('database-crowded', told, { cause: error });
    default:
      return refused('database-away', told, { cause: error });
  }
}
