import type { Host } from '../../src/server/host';

/** The whole file of a backup, as it lies in the default storage. */
export async function readFileOf(host: Host, name: string): Promise<Buffer> {
  const storage = await host.storages.find();
  const pieces: Uint8Array[] = [];
  for await (const piece of storage.get(name)) pieces.push(piece);
  return Buffer.concat(pieces);
}
