import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guardian } from './guardian.ts';
import { signalGroup } from './guardian.ts';
import { startPostgres } from './services-postgres.ts';
import { startRabbitmq } from './services-rabbitmq.ts';
import { startRedis } from './services-redis.ts';
import type { ServiceNeed } from './subject.ts';

export interface Service {
  kind: ServiceNeed['kind'];
  url: string;
  version: string;
  /** What was set, in one line. */
  setting: string;
  /** The first process of each process tree that belongs to it. */
  pids: number[];
}

/** What a starter needs of the set it belongs to. */
export interface ServiceHome {
  dir: string;
  port(): Promise<number>;
  run(options: RunOptions): ChildProcess;
  /** Registered in order of start, done in reverse order, each awaited. */
  onStop(stop: () => Promise<void>): void;
}

interface RunOptions {
  command: string;
  args: string[];
  env?: Record<string, string>;
  user?: OsUser;
  logName: string;
}

export interface OsUser {
  uid: number;
  gid: number;
}

export interface ServiceSet {
  start(need: ServiceNeed): Promise<Service>;
  stop(): Promise<void>;
}

/** Private servers below one folder; nothing of them is left after `stop`. */
export function createServiceSet(dir: string, guardian: Guardian): ServiceSet {
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
      if (need.kind === 'postgres') return startPostgres(home);
      if (need.kind === 'redis') return startRedis(home, need.persistence);
      return startRabbitmq(home);
    },
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Asks with `signal`, insists after ten seconds, and returns once the process has ended. */
export async function stopProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const insist = setTimeout(() => child.pid && signalGroup(child.pid, 'SIGKILL'), 10_000);
  await ended;
  clearTimeout(insist);
}

/** Waits until `probe` answers; fails with the service's own last words when it ended or took too long. */
export async function waitUntilReady(
  probe: () => Promise<boolean>,
  options: { name: string; child: ChildProcess; logFile: string; timeoutMs: number },
): Promise<void> {
  const { name, child, logFile, timeoutMs } = options;
  const deadline = Date.now() + timeoutMs;
  while (!(await probe().catch(() => false))) {
    const ended = hasEnded(child);
    if (!ended && Date.now() < deadline) {
      await sleep(20);
      continue;
    }
    const lastWords = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n');
    throw new Error(
      `${name} ${ended ? 'ended at its start' : `was not ready within ${timeoutMs} ms`}:\n${lastWords}`,
    );
  }
}

export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', (hadError) => resolve(!hadError));
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port was found.');
  return address.port;
}
