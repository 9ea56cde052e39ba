import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askSocket, findFreePort } from '../lib/net.mjs';
import { findOnPath } from '../lib/run.mjs';
import { startPrivateService } from './private-service.mjs';

async function answers(port) {
  const answer = await askSocket({ port, send: 'PING\r\n' });
  return answer?.toString('latin1').startsWith('+PONG') === true;
}

/** A Redis on the default port that wants no password. */
async function findOnDefaultPort() {
  const answer = await askSocket({ port: 6379, send: 'PING\r\n' });
  const text = answer?.toString('latin1') ?? '';
  if (text.startsWith('+PONG')) return { url: 'redis://127.0.0.1:6379', note: undefined };
  const note = text === '' ? undefined : 'the Redis on port 6379 wants a password (set REDIS_URL to use it)';
  return { url: undefined, note };
}

function findBinaries() {
  return findOnPath('redis-server') ?? findOnPath('valkey-server');
}

/** @param {{ configuration?: string }} [options] the text of a configuration file, for tests of it */
async function startPrivate({ configuration = 'appendonly yes\nsave ""' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
  const port = await findFreePort();
  const file = join(folder, 'redis.conf');
  writeFileSync(file, configuration);
  const handle = await startPrivateService({
    name: 'Redis',
    folder,
    processes: [
      {
        command: findBinaries(),
        args: [file, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      },
    ],
    stopSignal: 'SIGTERM',
    isReady: () => answers(port),
  });
  return { url: `redis://127.0.0.1:${port}`, ...handle };
}

export const redis = { findOnDefaultPort, findBinaries, startPrivate };
