import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A web server that remembers what it was told, and answers as it is asked to. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end(),
) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      heard.push({ method: request.method!, path: request.url!, body });
      answer(request, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    heard,
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Enough of a mail server to take a message, or to refuse it. */
export async function listenForMail(refuse?: string) {
  const mails: string[] = [];
  const server: Server = createNetServer((socket) => {
    let data: string | undefined;
    let line = '';
    socket.on('error', () => undefined);
    socket.write('220 test\r\n');
    socket.setEncoding('utf8').on('data', (text: string) => {
      line += text;
      for (let end = line.indexOf('\r\n'); end >= 0; end = line.indexOf('\r\n')) {
        const said = line.slice(0, end);
        line = line.slice(end + 2);
        if (data !== undefined) {
          if (said === '.') {
            mails.push(data);
            data = undefined;
            socket.write('250 taken\r\n');
          } else data += `${said}\n`;
        } else if (/^DATA/i.test(said)) {
          data = '';
          socket.write('354 go on\r\n');
        } else if (/^RCPT/i.test(said) && refuse !== undefined) socket.write(`${refuse}\r\n`);
        else if (/^QUIT/i.test(said)) socket.end('221 bye\r\n');
        else socket.write('250 ok\r\n');
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { mails, port, close: () => void server.close() };
}
