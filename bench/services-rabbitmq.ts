import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service, ServiceHome } from './service-process.ts';
import { canConnect, stopProcess, waitUntilReady } from './service-process.ts';

/** Debian's `rabbitmq-server` on the path switches to the system's own data folder; this one does as told. */
const DEBIAN_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

export async function startRabbitmq(home: ServiceHome): Promise<Service> {
  const [port, distPort, epmdPort] = [await home.port(), await home.port(), await home.port()];
  const dir = join(home.dir, 'rabbitmq');
  await mkdir(dir);
  await Promise.all([
    writeFile(
      join(dir, 'rabbitmq.conf'),
      'vm_memory_high_watermark.relative = 0.4\ndisk_free_limit.absolute = 200MB\n',
    ),
    writeFile(join(dir, 'enabled_plugins'), '[].\n'),
  ]);
  const env = {
    HOME: dir,
    ERL_EPMD_PORT: `${epmdPort}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'bench@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${distPort}`,
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
  };
  // Erlang would start this port mapper by itself, as a daemon that outlives the broker.
  const mapper = home.run({ command: 'epmd', args: ['-port', `${epmdPort}`], env, logName: 'epmd' });
  home.onStop(() => stopProcess(mapper, 'SIGTERM'));
  const mapperLog = join(home.dir, 'epmd.log');
  await waitUntilReady(() => canConnect(epmdPort), {
    name: 'epmd',
    child: mapper,
    logFile: mapperLog,
    timeoutMs: 10_000,
  });

  const command = existsSync(DEBIAN_SERVER) ? DEBIAN_SERVER : 'rabbitmq-server';
  const child = home.run({ command, args: [], env, logName: 'rabbitmq' });
  home.onStop(() => stopProcess(child, 'SIGTERM'));
  const logFile = join(home.dir, 'rabbitmq.log');
  await waitUntilReady(() => canConnect(port), {
    name: 'rabbitmq-server',
    child,
    logFile,
    timeoutMs: 60_000,
  });
  const version = (await readFile(logFile, 'utf8')).match(/RabbitMQ (\d\S*)/)?.[1] ?? 'unknown';
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  return { kind: 'rabbitmq', url, version, setting: 'defaults, no plugins', pids: [child.pid ?? 0] };
}
