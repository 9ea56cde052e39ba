import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** For programs that ask for fixed names where a server has others: the texts of both ways, headers included. */
export interface Translation {
  toServer(text: string): string;
  toClient(text: string): string;
}

const AS_IT_IS: Translation = { toServer: (text) => text, toClient: (text) => text };

/** In front of a server, for programs that can show no key: passes everything on as it is and signs it. */
export async function startSigningProxy(
  target: string,
  key: string,
  { toServer, toClient }: Translation = AS_IT_IS,
): Promise<AsyncDisposable & { origin: string }> {
  const { hostname, port } = new URL(target);
  const proxy = createServer((from, to) => {
    const { 'content-length': _, 'transfer-encoding': __, ...given } = from.headers;
    const headers = { ...JSON.parse(toServer(JSON.stringify(given))), authorization: `Bearer ${key}` };
    // The port in the name is the proxy's; a page's origin is compared with it, so it stays as it is.
    const passed = send({ hostname, port, method: from.method, path: from.url, headers }, (answer) => {
      const { 'content-length': ___, ...told } = answer.headers;
      to.writeHead(answer.statusCode ?? 502, told);
      to.flushHeaders();
      // An event, or an answer, comes in one piece from a server on the same machine.
      answer.setEncoding('utf8').on('data', (text: string) => to.write(toClient(text)));
      answer.on('end', () => to.end());
    });
    passed.on('error', () => to.destroy());
    to.on('close', () => passed.destroy());
    let body = '';
    from.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    from.on('end', () => passed.end(toServer(body)));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
