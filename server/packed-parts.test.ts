import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendPackedPart } from './packed-parts.ts';

let folder: string;
let server: Server;
const SCRIPT = 'const a = 1;';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-parts-'));
  writeFileSync(join(folder, 'a~1.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, '..hidden.js.br'), 'hidden');
  server = createServer(async (asked, answer) => {
    if (!(await sendPackedPart(folder, asked, answer))) answer.writeHead(404).end('not packed');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** Without the tidying that `fetch` does to a path. */
function get(path: string, encodings = 'gzip, br'): Promise<{ status: number; body: Buffer }> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': encodings };
    request({ port, host: '127.0.0.1', path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }));
    })
      .on('error', reject)
      .end();
  });
}

test('a script goes out as the build has packed it', async () => {
  const { status, body } = await get('/_next/static/a~1.js?v=1');
  expect(status).toBe(200);
  expect(brotliDecompressSync(body).toString()).toBe(SCRIPT);
});

test('who cannot read it gets it from Next, as does who asks for what was not packed', async () => {
  expect((await get('/_next/static/a~1.js', 'gzip')).status).toBe(404);
  expect((await get('/_next/static/a~1.js', 'gzip, br;q=0')).status).toBe(404);
  expect((await get('/_next/static/b.js')).status).toBe(404);
});

test('no path leads out of the folder', async () => {
  for (const path of ['../x.js', '..hidden.js', 'a/../../x.js', '%2e%2e/x.js', '/etc/x.js'])
    expect((await get(`/_next/static/${path}`)).status).toBe(404);
});
