import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Guardian } from './guardian.ts';
import type { Service, ServiceHome } from './service-process.ts';
import { startPostgres } from './services-postgres.ts';
import { startRabbitmq } from './services-rabbitmq.ts';
import { startRedis } from './services-redis.ts';
import type { ServiceNeed } from './subject.ts';

export interface ServiceSet {
  start(need: ServiceNeed): Promise<Service>;
  stop(): Promise<void>;
}

/** Private servers below one folder; nothing of them is left after `stop`, but a database in the folder that is kept. */
export function createServiceSet(dir: string, guardian: Guardian, keptDir?: string): ServiceSet {
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;

  const home: ServiceHome = {
    dir,
    port: findFreePort,
    run({ command, args, env, user, logName }) {
      const log = openSync(join(dir, `${logName}.log`), 'a');
      // Its own process group: Ctrl-C must reach the harness alone, which then stops all in order.
      const child = spawn(command, args, {
        cwd: dir,
        env: { ...process.env, ...env },
        stdio: ['ignore', log, log],
        detached: true,
        ...user,
      });
      child.on('error', () => {}); // Shows as a process without a pid to `waitUntilReady`.
      const { pid } = child;
      if (pid !== undefined) {
        guardian.watch(pid);
        child.once('exit', () => guardian.forget(pid));
      }
      return child;
    },
    onStop: (stop) => stops.push(stop),
  };

  async function stopAll(): Promise<void> {
    for (const stop of stops.toReversed()) await stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  return {
    async start(need) {
      await mkdir(dir, { recursive: true });
      if (need.kind === 'postgres') return startPostgres(home, keptDir);
      if (need.kind === 'redis') return startRedis(home, need.persistence);
      return startRabbitmq(home);
    },
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port was found.');
  return address.port;
}
