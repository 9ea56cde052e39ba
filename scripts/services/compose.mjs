import { findFreePort } from '../lib/net.mjs';
import { ROOT } from '../lib/paths.mjs';
import { withProgress } from '../lib/progress.mjs';
import { lastLines, run } from '../lib/run.mjs';
import { hasDockerEngine } from './packages.mjs';

const URLS = {
  postgres: (password, port) => `postgres://signalbox:${password}@127.0.0.1:${port}/postgres`,
  redis: (password, port) => `redis://:${password}@127.0.0.1:${port}`,
  rabbitmq: (password, port) => `amqp://signalbox:${password}@127.0.0.1:${port}`,
};

/**
 * Starts one service of deploy/compose.test.yml, which is docker-compose.yml's services with a port
 * published on loopback and no volume. Each one is a compose project of its own, so that stopping one
 * leaves the others alone.
 */
export async function startFromCompose(name, password) {
  if (!(await hasDockerEngine())) return { why: 'no docker engine with compose answers either' };
  const port = await findFreePort();
  const project = `signalbox-test-${name}-${port}`;
  const files = ['-p', project, '-f', 'docker-compose.yml', '-f', 'deploy/compose.test.yml'];
  const env = {
    ...process.env,
    POSTGRES_PASSWORD: password,
    REDIS_PASSWORD: password,
    RABBITMQ_PASSWORD: password,
    TEST_PORT: String(port),
  };
  const compose = (...args) => run('docker', ['compose', ...files, ...args], { cwd: ROOT, env });
  const { code, output } = await withProgress(`Starting ${name} with docker compose`, () =>
    compose('up', '--detach', '--wait', name),
  );
  const down = async () => void (await compose('down', '--volumes', '--timeout', '5'));
  if (code !== 0) {
    await down();
    return { why: `docker compose up ${name} failed:\n${lastLines(output, 8)}` };
  }
  const service = {
    url: URLS[name](password, port),
    origin: 'compose',
    stop: down,
    kill9: async () => void (await compose('kill', '--signal', 'SIGKILL', name)),
    restart: async () => {
      await compose('stop', name);
      await compose('up', '--detach', '--wait', name);
    },
    freeze: async () => void (await compose('pause', name)),
    thaw: async () => void (await compose('unpause', name)),
  };
  return { service };
}
