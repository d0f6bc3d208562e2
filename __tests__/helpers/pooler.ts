import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a pooler is to its clients: the server, but for the number of the process that it says it is. */
export async function pooler(url: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    client.on('close', () => upstream.destroy());
    let greeting: Buffer | undefined = Buffer.alloc(0);
    upstream.on('data', (piece: Buffer) => {
      if (!greeting) {
        client.write(piece);
        return;
      }
      greeting = Buffer.concat([greeting, piece]);
      // Messages are a letter, a length and a body; K has the number of the process.
      for (let at = 0; at + 9 <= greeting.length; at += 1 + greeting.readInt32BE(at + 1)) {
        if (greeting[at] !== 0x4b) continue;
        greeting.writeInt32BE(1, at + 5);
        client.write(greeting);
        greeting = undefined;
        return;
      }
      // Until then the server waits for our answer to each of its questions.
      client.write(greeting);
      greeting = Buffer.alloc(0);
    });
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.toString(),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
