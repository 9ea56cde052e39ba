import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** In front of a server, for programs that can show no key: passes everything on as it is and signs it. */
export async function startSigningProxy(
  target: string,
  key: string,
): Promise<AsyncDisposable & { origin: string }> {
  const { hostname, port } = new URL(target);
  const proxy = createServer((from, to) => {
    const headers = { ...from.headers, authorization: `Bearer ${key}` };
    // The port in the name is the proxy's; a page's origin is compared with it, so it stays as it is.
    const passed = send({ hostname, port, method: from.method, path: from.url, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      to.flushHeaders();
      answer.pipe(to);
    });
    passed.on('error', () => to.destroy());
    to.on('close', () => passed.destroy());
    from.pipe(passed);
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
