import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Balancer extends AsyncDisposable {
  origin: string;
}

/** One address before several processes, which sends each request where `choose` says by its body. */
export async function startBalancer(choose: (body: string) => string): Promise<Balancer> {
  const server = createServer(async (incoming, outgoing) => {
    const body = (await incoming.setEncoding('utf8').toArray()).join('');
    const { host } = new URL(choose(body));
    const headers = { ...incoming.headers, host };
    const { method, url } = incoming;
    const passed = request(`http://${host}${url}`, { ...(method ? { method } : {}), headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    passed.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
