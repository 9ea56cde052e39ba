import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../scripts/lib/net.mjs';
import { openBrowser } from '../stack/browser.ts';

import { makeDataDir, type RunningServer, startServer } from '../stack/running-server.ts';

let browser: Browser;
let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
let server: RunningServer;

beforeAll(async () => {
  dataDir = await makeDataDir();
  const settings = { SERVER_PORT: String(await findFreePort()) };
  [browser, server] = await Promise.all([
    openBrowser(),
    startServer(dataDir.path, { isDev: true, settings }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await dataDir?.remove();
});

/** The server's, as it says in its data folder. */
async function processOf(): Promise<number> {
  return JSON.parse(await readFile(join(dataDir.path, 'lock.json'), 'utf8')).pid;
}

test('npm run dev compiles pages that work under their policy, and does not start anew for what it has compiled', async () => {
  const page = await browser.newPage();
  const before = await processOf();
  await page.goto(server.link, { timeout: 240_000 });
  // By Next's own socket a page hears of what has been compiled since.
  const live = page.waitForEvent('websocket', {
    predicate: (socket) => socket.url().includes('/_next/'),
    timeout: 240_000,
  });
  await page.goto(`${server.origin}/pipelines`, { timeout: 240_000 });
  await page.getByRole('heading', { name: 'Pipelines' }).waitFor({ timeout: 240_000 });
  await live;
  // Beside it programs are told of runs.
  const token = (await readFile(join(dataDir.path, 'api-secret'), 'utf8')).trim();
  const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/ws`);
  const told = new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
    socket.onclose = ({ code }) => resolve(code);
  });
  socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token }));
  expect(await told).toBe('ready');
  socket.close();
  await page.goto(`${server.origin}/runs`, { timeout: 240_000 });
  expect(await processOf()).toBe(before);
  const policy = (await page.request.get(`${server.origin}/pipelines`)).headers()['content-security-policy'];
  expect(policy).toContain("frame-ancestors 'none'");
}, 600_000);
