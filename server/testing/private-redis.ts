import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceProcess, spawnService, waitUntil } from './child.ts';
import { findFreePort } from './free-port.ts';

export interface PrivateRedis {
  url: string;
  port: number;
  kill(): Promise<void>;
  /** On the same port, with nothing of what it held before. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A Redis that belongs to one test file, which may kill it. Needs `redis-server` on the PATH. */
export async function startPrivateRedis(extraArgs: readonly string[] = []): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-redis-'));
  const port = await findFreePort();
  let service: ServiceProcess | undefined;
  const start = async (): Promise<void> => {
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ];
    service = spawnService('redis-server', [...args, ...extraArgs], process.env);
    await waitUntil(service, 'redis-server', () => answersPing(port));
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill: async () => service?.kill(),
    async close() {
      await service?.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const finish = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG'))());
    socket.once('error', finish(false));
    socket.setTimeout(1000, finish(false));
  });
}
