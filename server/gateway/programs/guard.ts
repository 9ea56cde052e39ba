import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalGroup } from './groups.ts';

/** Ends the groups of programs that this process leaves behind when it is killed and can end nothing itself. */
export interface Guard {
  /** Watches the group that this process leads. */
  watch(pid: number): void;
  /** It has ended: its number may become another's. */
  forget(pid: number): void;
  /** With nothing left to watch. */
  close(): void;
}

/** From being told to end until being killed. */
const GRACE_MS = 1500;
const LOOK_MS = 50;

/**
 * A process of its own, of a few megabytes, that is there as soon as a program is. It hears of groups over its standard
 * input, which ends with this process however that ends: then it ends them. Should it be killed itself, another takes
 * its place and is told of all.
 */
export function createGuard(): Guard {
  const groups = new Set<number>();
  let child: ChildProcess | null = null;

  function say(word: string): void {
    child?.stdin?.write(`${word}\n`);
  }

  function start(): void {
    const started = spawn(
      process.execPath,
      ['--no-warnings', '--max-old-space-size=16', import.meta.filename],
      {
        // Nothing of our own, where secrets are.
        env: {} as NodeJS.ProcessEnv,
        stdio: ['pipe', 'ignore', 'ignore'],
        // What is sent to our group, such as Ctrl-C, is not for it.
        detached: true,
        windowsHide: true,
      },
    );
    child = started;
    const isOver = (isToGoOn: boolean) => {
      if (child !== started) return;
      child = null;
      if (isToGoOn && groups.size > 0) start();
    };
    // One that fails by itself would fail again: it is tried with the next program.
    started.once('exit', (_code, signal) => isOver(signal !== null)).once('error', () => isOver(false));
    // Its end says so too.
    started.stdin?.on('error', () => undefined);
    // We do not stay for it.
    started.unref();
    (started.stdin as Socket | null)?.unref();
    for (const pid of groups) say(`+${pid}`);
  }

  return {
    watch(pid) {
      groups.add(pid);
      if (child) say(`+${pid}`);
      else start();
    },
    forget(pid) {
      groups.delete(pid);
      say(`-${pid}`);
    },
    close() {
      child?.stdin?.end();
      child = null;
    },
  };
}

/** As that process. */
async function guard(): Promise<void> {
  const groups = new Set<number>();
  for await (const line of createInterface({ input: process.stdin })) {
    const pid = Number(line.slice(1));
    if (line[0] === '+') groups.add(pid);
    else groups.delete(pid);
  }
  for (const pid of groups) signalGroup(pid, 'SIGTERM');
  const deadline = performance.now() + GRACE_MS;
  while ([...groups].some((pid) => signalGroup(pid, 0)) && performance.now() < deadline) await sleep(LOOK_MS);
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

if (process.argv[1] === import.meta.filename) await guard();
