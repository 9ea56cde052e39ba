import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalGroup } from '#server/gateway/programs/groups.ts';
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
