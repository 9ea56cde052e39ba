import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  const port = await findFreePort();
  const plain = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return startWith(port, (folder) => [...plain, '--dir', folder, ...extraArgs]);
}

/** A sentinel that watches one master under the name `main`, and bears that a busy machine lets neither of them speak. */
export async function startPrivateSentinel(masterPort: number): Promise<PrivateRedis> {
  const port = await findFreePort();
  const config = [
    `port ${port}`,
    `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds main 5000',
    'sentinel failover-timeout main 10000',
  ];
  return startWith(port, async (folder) => {
    // The sentinel rewrites its own configuration, so it must be a file.
    const path = join(folder, 'sentinel.conf');
    await writeFile(path, [...config, `dir ${folder}`, ''].join('\n'));
    return [path, '--sentinel'];
  });
}

async function startWith(
  port: number,
  makeArgs: (folder: string) => string[] | Promise<string[]>,
): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-redis-'));
  const args = await makeArgs(folder);
  let service: ServiceProcess | undefined;
  const start = async (): Promise<void> => {
    service = spawnService('redis-server', args, process.env);
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

/** A server that asks for a password is up as well. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const finish = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', (data) => finish(/^(\+PONG|-NOAUTH)/.test(data.toString()))());
    socket.once('error', finish(false));
    socket.setTimeout(1000, finish(false));
  });
}
