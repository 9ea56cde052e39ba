import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { type ServiceProcess, spawnService, waitUntil } from './child.ts';
import { findFreePort } from './free-port.ts';

export interface PrivateRabbitmq {
  url: string;
  port: number;
  /** Runs rabbitmqctl against it and returns what it printed. */
  control(...args: string[]): Promise<string>;
  kill(): Promise<void>;
  /** As it was at first: up, and without an alarm, whatever a test that failed has left. */
  heal(): Promise<void>;
  /** On the same port, with everything that was durable. */
  start(): Promise<void>;
  /** Killed, and started on an empty disk. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** Debian's wrapper on the PATH changes the user and with it the folders, so the program itself is preferred. */
const PROGRAM_FOLDERS = [
  '/usr/lib/rabbitmq/bin',
  '/opt/rabbitmq/sbin',
  '/opt/homebrew/sbin',
  '/usr/local/sbin',
];

/** A RabbitMQ that belongs to one test file, which may kill it or set off its alarms. */
export async function startPrivateRabbitmq(): Promise<PrivateRabbitmq> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-rabbitmq-'));
  const [port, distributionPort] = [await findFreePort(), await findFreePort()];
  const programs = await findPrograms();
  const env = {
    ...process.env,
    HOME: folder,
    RABBITMQ_NODENAME: `signalbox-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
  };
  await writeFile(join(folder, 'plugins'), '[].');
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  let service: ServiceProcess | undefined;
  const start = async (): Promise<void> => {
    service = spawnService(join(programs, 'rabbitmq-server'), [], env);
    await waitUntil(service, 'rabbitmq-server', () => answers(url));
  };
  await start();
  const alarms = new Set<string>();
  const control = async (...args: string[]): Promise<string> => {
    const [command = ''] = args;
    if (command in CALM) alarms.add(command);
    const { stdout } = await promisify(execFile)(join(programs, 'rabbitmqctl'), args, { env });
    return stdout;
  };
  return {
    url,
    port,
    start,
    kill: async () => service?.kill(),
    control,
    async heal() {
      if (!service?.running()) await start();
      for (const command of alarms) await control(command, CALM[command as keyof typeof CALM]);
      alarms.clear();
    },
    async wipe() {
      await service?.kill();
      await rm(join(folder, 'data'), { recursive: true, force: true });
      await start();
    },
    async close() {
      await service?.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** With what each limit, by which tests raise an alarm, raises none. */
const CALM = { set_vm_memory_high_watermark: '0.4', set_disk_free_limit: '50MB' };

async function findPrograms(): Promise<string> {
  for (const folder of [...PROGRAM_FOLDERS, ...(process.env.PATH ?? '').split(':')]) {
    const found = await access(join(folder, 'rabbitmq-server'), 1).then(
      () => true,
      () => false,
    );
    if (found) return folder;
  }
  throw new Error(
    'These tests break a RabbitMQ of their own, and no rabbitmq-server is installed to start one.',
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await connect(url, { timeout: 1000 })).close();
    return true;
  } catch {
    return false;
  }
}
