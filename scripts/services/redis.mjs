import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** @param {{ args?: string[] }} [options] further arguments, for tests of a configuration */
async function startPrivate({ args = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
  const port = await findFreePort();
  const handle = await startPrivateService({
    name: 'Redis',
    folder,
    processes: [
      {
        command: findBinaries(),
        args: [
          '--port',
          String(port),
          '--bind',
          '127.0.0.1',
          '--dir',
          folder,
          '--appendonly',
          'yes',
          '--save',
          '',
          ...args,
        ],
      },
    ],
    stopSignal: 'SIGTERM',
    isReady: () => answers(port),
  });
  return { url: `redis://127.0.0.1:${port}`, ...handle };
}

export const redis = { findOnDefaultPort, findBinaries, startPrivate };
