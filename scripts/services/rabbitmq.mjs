import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askSocket, findFreePort } from '../lib/net.mjs';
import { findOnPath } from '../lib/run.mjs';
import { startPrivateService } from './private-service.mjs';

const GREETING = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

/** A broker that is up answers the greeting with a method frame, which begins with 1. */
async function answers(port) {
  const answer = await askSocket({ port, send: GREETING });
  return answer?.[0] === 1;
}

async function canLogIn(url) {
  const { connect } = await import('amqplib');
  try {
    const connection = await connect(url, { timeout: 3000 });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** A RabbitMQ on the default port that lets the default guest in. */
async function findOnDefaultPort() {
  if (!(await answers(5672))) return { url: undefined, note: undefined };
  const url = 'amqp://guest:guest@127.0.0.1:5672';
  if (await canLogIn(url)) return { url, note: undefined };
  return { url: undefined, note: 'the RabbitMQ on port 5672 refused guest (set RABBITMQ_URL to use it)' };
}

/** The release's own start script: the one on the PATH insists on root or the system's rabbitmq user. */
function findServerScript() {
  const library = '/usr/lib/rabbitmq/lib';
  const releases = existsSync(library)
    ? readdirSync(library).filter((name) => name.startsWith('rabbitmq_server-'))
    : [];
  const inRelease = releases
    .map((name) => join(library, name, 'sbin/rabbitmq-server'))
    .find((path) => existsSync(path));
  return inRelease ?? findOnPath('rabbitmq-server');
}

function findBinaries() {
  return findServerScript() && findOnPath('epmd') ? findServerScript() : undefined;
}

/**
 * A broker that shares nothing with another one on this machine: own name, cookie, home, data, log and
 * ports, also that of Erlang's port mapper, which otherwise would stay behind for the whole machine.
 */
async function startPrivate() {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-rabbitmq-'));
  const [port, distributionPort, mapperPort] = [
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
  ];
  for (const name of ['mnesia', 'log']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, '.erlang.cookie'), randomBytes(16).toString('hex'), { mode: 0o400 });
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  writeFileSync(join(folder, 'rabbitmq-env.conf'), '');
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    // The disk alarm would block publishers on a nearly full test machine, which looks like a hang.
    `listeners.tcp.default = 127.0.0.1:${port}\nloopback_users = none\ndisk_free_limit.absolute = 64MB\nlog.console = true\nlog.console.level = warning\nlog.file = false\n`,
  );
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_NODENAME: `signalbox-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
  };
  const handle = await startPrivateService({
    name: 'RabbitMQ',
    folder,
    processes: [
      { command: findOnPath('epmd'), args: ['-port', String(mapperPort), '-address', '127.0.0.1'], env },
      { command: findServerScript(), args: [], env },
    ],
    stopSignal: 'SIGTERM',
    isReady: () => answers(port),
  });
  return { url: `amqp://guest:guest@127.0.0.1:${port}`, ...handle };
}

export const rabbitmq = { findOnDefaultPort, findBinaries, startPrivate };
