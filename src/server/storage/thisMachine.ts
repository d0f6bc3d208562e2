import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addSubnet('0.0.0.0', 8, 'ipv4');
LOOPBACK.addSubnet('::', 127, 'ipv6');

/** Whether a name or an address is that of this machine, as far as it says so itself: no name is looked up. */
export function isThisMachine(host: string): boolean {
  const bare = host
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$|%.*$/g, '')
    .replace(/\.$/, '');
  const family = isIP(bare);
  if (family === 0) return /(^|\.)localhost$/.test(bare) || bare === '' || bare === hostname().toLowerCase();
  return (
    LOOPBACK.check(bare, family === 4 ? 'ipv4' : 'ipv6') ||
    Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === bare))
  );
}
