import type { Examined } from '../checks';
import type { Examination } from '../kind';
import type { SftpRecord } from './settings';
import { UnknownHostKey } from './hostKey';

/** Somebody has to agree to the key of the server before anything is sent to it: that is a question, not a failure. */
export function examineSftp(_name: string, _record: SftpRecord, { failure }: Examination): Promise<Examined> {
  if (!(failure instanceof UnknownHostKey)) return Promise.resolve({ checks: [], alternatives: [] });
  const { code, message, fingerprint } = failure;
  return Promise.resolve({
    checks: [{ what: 'hostKey', state: 'note', message, code }],
    alternatives: [],
    trust: { hostKey: fingerprint },
  });
}
