import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Service, ServiceHome } from './service-process.ts';
import { canConnect, stopProcess, waitUntilReady } from './service-process.ts';
import type { RedisPersistence } from './subject.ts';

export async function startRedis(home: ServiceHome, persistence: RedisPersistence): Promise<Service> {
  const version = readVersion();
  const port = await home.port();
  const aof = persistence === 'none' ? ['no'] : ['yes', '--appendfsync', persistence];
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    home.dir,
    '--save',
    '',
    '--appendonly',
    ...aof,
  ];
  const child = home.run({ command: 'redis-server', args, logName: 'redis' });
  home.onStop(() => stopProcess(child, 'SIGTERM'));
  const logFile = join(home.dir, 'redis.log');
  await waitUntilReady(() => canConnect(port), { name: 'redis-server', child, logFile, timeoutMs: 15_000 });
  const setting = persistence === 'none' ? 'no persistence' : `AOF ${persistence}`;
  return { kind: 'redis', url: `redis://127.0.0.1:${port}`, version, setting, pids: [child.pid ?? 0] };
}

function readVersion(): string {
  try {
    const text = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
    return text.match(/v=(\S+)/)?.[1] ?? 'unknown';
  } catch {
    throw new Error('This subject needs redis-server. On Debian or Ubuntu: apt-get install redis-server');
  }
}
