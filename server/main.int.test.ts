import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** A database that takes the connection and says nothing, so that the start is under way for as long as the test wants. */
async function listenInSilence() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, called: once(server, 'connection') };
}

// The start script passes all three on; one that nobody hears ends the process in the middle of its work.
test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops it in order', async (signal) => {
  const { port, called } = await listenInSilence();
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-main-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['server/main.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: `postgres://nobody:nothing@127.0.0.1:${port}/none`,
      SIGNALBOX_DATA_DIR: dataDir,
      SERVER_PORT: '0',
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  await Promise.race([called, once(child, 'exit').then(() => expect.unreachable(said))]);
  child.kill(signal);
  await expect.poll(() => said, { timeout: 60_000 }).toContain(`Stopping (${signal})`);
});
