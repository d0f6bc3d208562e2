import type { TrustList } from '../api/api';
import { table } from './table';
import { localTime } from './time';

export function trustText({ own, former, trusted }: TrustList): string[] {
  return [
    own === undefined
      ? 'This instance has no key yet: it makes one with its first backup.'
      : `This instance: ${own}`,
    ...former.map((fingerprint) => `also its own, of a former APP_KEY: ${fingerprint}`),
    ...(trusted.length === 0
      ? ['No other instance is trusted here.']
      : table(
          ['trusted', 'fingerprint', 'since'],
          trusted.map((instance) => [instance.name, instance.fingerprint, localTime(instance.addedAt)]),
        )),
  ];
}
