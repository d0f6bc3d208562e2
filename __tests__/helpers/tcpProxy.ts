import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** New connections are refused and those that there are break, or all is well again. */
  reachable(yes: boolean): void;
  /** All connections break now; new ones get through. */
  cut(): void;
  /** Nothing more gets through, and nothing is said of it. */
  silent(yes: boolean): void;
  close(): Promise<void>;
}

/** Passes on what is no HTTP, and breaks when it is told to. */
export async function tcpProxy(to: number): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let [refusing, mute] = [false, false];
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((near) => {
    if (refusing) {
      near.destroy();
      return;
    }
    const far = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('data', (piece) => !mute && other.write(piece));
      one.on('error', () => undefined);
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    reachable(yes) {
      refusing = !yes;
      if (refusing) cut();
    },
    silent: (yes) => (mute = yes),
    async close() {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}
