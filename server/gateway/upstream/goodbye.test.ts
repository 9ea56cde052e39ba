import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { toLine } from '../http/line.ts';
import { openUpstream } from './upstream.ts';

const GREETING = {
  ...{ protocolVersion: '2025-11-25', capabilities: {} },
  serverInfo: { name: 'holds-on', version: '1' },
};

test('a session ends though its server does not let go of it', async () => {
  const ended = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    // That it is asked is heard, and nothing is answered.
    if (request.method === 'DELETE') return void response.once('close', ended.resolve);
    if (request.method === 'GET') return void response.writeHead(405).end();
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { id, method } = JSON.parse(body);
    if (method !== 'initialize') return void response.writeHead(id === undefined ? 202 : 400).end();
    const headers = { 'content-type': 'application/json', 'mcp-session-id': 'one' };
    response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id, result: GREETING }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fetch = createSafeFetch({ allow: ['127.0.0.0/8'] });
  const upstream = await openUpstream(
    { kind: 'http', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, headers: {} },
    {
      line: toLine(fetch),
      timeoutMs: 20_000,
      maxMessageBytes: 1000,
      known: '2025',
      loans: [],
      now: Date.now,
    },
  );
  await upstream.close();
  await upstream.ended;
  // The line too: nothing of it is left behind.
  await ended.promise;
  expect(upstream.isEnded).toBe(true);
  fetch.close();
  server.close();
});
