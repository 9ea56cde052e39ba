import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openEventLines } from './event-lines.ts';

/** More than any socket takes for a reader who takes nothing. */
const MUCH = `data: ${'x'.repeat(1_000_000)}\n\n`;
const PIECES = 40;

test('a reader who stops before the end is written nothing after it', async () => {
  const errors: unknown[] = [];
  const server = createServer((_, response) => {
    response.on('error', (error) => errors.push(error));
    const lines = openEventLines(response, 1);
    for (let piece = 0; piece < PIECES; piece += 1) lines.write(MUCH);
    lines.end('event: end\ndata: {}\n\n');
    server.emit('told', response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
  reader.pause();
  reader.write('GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n');
  const [response] = await once(server, 'told');
  // The timer has had its turn many times over.
  await sleep(50);
  expect(response.closed).toBe(false);
  expect(errors).toEqual([]);
  const text = Buffer.concat(await reader.toArray()).toString();
  server.close();
  expect(text).toContain('event: end');
});

test('a reader to whom nothing is told hears that the line lives, until it is closed', async () => {
  const server = createServer((_, response) => {
    const lines = openEventLines(response, 1);
    response.once('close', lines.close);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const pieces: string[] = [];
  for await (const piece of answer.body ?? []) {
    pieces.push(Buffer.from(piece).toString());
    if (pieces.join('').includes(': still here\n\n: still here')) break;
  }
  server.closeAllConnections();
  server.close();
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
});
