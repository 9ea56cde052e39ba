import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CALLBACK } from './app-client.ts';
import { makeCertificate } from './certificate.ts';

export interface ProgramSite extends Disposable {
  origin: string;
}

/** Where a program says who it is, by https: at /client.json as it should, and elsewhere not. This process trusts it meanwhile. */
export async function startProgramSite(): Promise<ProgramSite> {
  const { key, cert } = makeCertificate(Date.now());
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, cert]);
  const server = createServer({ key, cert }, ({ url = '' }, response) => {
    const document = { client_id: `${origin}${url}`, client_name: 'A site', redirect_uris: [CALLBACK] };
    if (url === '/redirect.json') return response.writeHead(302, { location: `${origin}/client.json` }).end();
    if (url === '/gone.json') return response.writeHead(404).end();
    if (url === '/text.json') return response.end('not JSON');
    const wrong: Record<string, object> = {
      '/huge.json': { client_uri: `${origin}/${'x'.repeat(20_000)}` },
      '/other.json': { client_id: `${origin}/client.json` },
      '/secret.json': { client_secret: 'x' },
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...document, ...wrong[url] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    [Symbol.dispose]() {
      setDefaultCACertificates(before);
      server.closeAllConnections();
      server.close();
    },
  };
}
