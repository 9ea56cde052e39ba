import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { collect, hashOf } from './hashing.ts';
import { createS3Store } from './s3.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A store that answers as the test says, and is given so long for it. */
async function open(
  timeoutMs: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
) {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const spoolFolder = await mkdtemp(join(tmpdir(), 'signalbox-s3-'));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(spoolFolder, { recursive: true, force: true });
  });
  const store = createS3Store({
    ...{ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bucket: 'b', region: 'r' },
    ...{ accessKeyId: 'a', secretAccessKey: 's', spoolFolder, timeoutMs, retries: 0 },
  });
  return { store, spoolFolder };
}

const PIECES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'].map((text) =>
  Buffer.from(text),
);
const WHOLE = Buffer.concat(PIECES);

test('an object may take longer than the limit, as long as pieces of it come', async () => {
  const { store } = await open(2500, async (_request, response) => {
    response.writeHead(200, { 'content-length': WHOLE.byteLength });
    for (const piece of PIECES) {
      response.write(piece);
      await sleep(400);
    }
    response.end();
  });
  expect(Buffer.from(await store.get(hashOf(WHOLE)))).toEqual(WHOLE);
});

test('whoever reads slowly is not taken for a store that is silent', async () => {
  const { store } = await open(300, (_request, response) => {
    response.writeHead(200, { 'content-length': WHOLE.byteLength });
    response.end(WHOLE);
  });
  const { content } = await store.open(hashOf(WHOLE));
  async function* slowly() {
    for await (const piece of content) {
      await sleep(600);
      yield piece;
    }
  }
  expect(Buffer.from(await collect(slowly()))).toEqual(WHOLE);
});

test.each([
  ['never begins to answer', false],
  ['stops in the middle of it', true],
])('a store that %s is given up', async (_, begins) => {
  const { store } = await open(300, (_request, response) => {
    if (!begins) return;
    response.writeHead(200, { 'content-length': WHOLE.byteLength });
    response.write('one');
  });
  await expect(store.get(hashOf(WHOLE))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The object store was asked to read an object, and said nothing for 1 s.',
  });
});

test('an upload has as much more time as it is large', async () => {
  const { store } = await open(300, async (request, response) => {
    for await (const _ of request);
    if (request.method === 'PUT') await sleep(1000);
    response.writeHead(request.method === 'HEAD' ? 404 : 200).end();
  });
  await expect(store.put(Buffer.alloc(500_000))).resolves.toMatchObject({ bytes: 500_000 });
  await expect(store.put(Buffer.from('small'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('what a kill left of uploads is removed at the next start, and nothing that is under way', async () => {
  const { store, spoolFolder } = await open(5000, (_request, response) => void response.writeHead(200).end());
  for (const name of ['put-old', 'put-new', 'of-others']) await mkdir(join(spoolFolder, name));
  const twoDaysAgo = Date.now() / 1000 - 172_800;
  for (const name of ['put-old', 'of-others']) await utimes(join(spoolFolder, name), twoDaysAgo, twoDaysAgo);
  await store.start();
  expect((await readdir(spoolFolder)).sort()).toEqual(['of-others', 'put-new']);
});
