/**
 * A process of its own that outlives a harness which was killed without warning (out of memory, a CI
 * timeout) and then ends its servers and removes their data. After an orderly end nothing is left to do.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalGroup } from '#server/gateway/programs/groups.ts';

export interface Guardian {
  /** Watches the process group that this process leads. */
  watch(pid: number): void;
  forget(pid: number): void;
}

const GRACE_MS = 3000;

type Order = { watch: number } | { forget: number };

/** `dir` is removed when we are gone; an empty name removes nothing. */
export function startGuardian(dir: string): Guardian {
  const child: ChildProcess = fork(import.meta.filename, [dir], { detached: true, stdio: 'ignore' });
  child.unref();
  child.channel?.unref();
  const send = (order: Order) => child.connected && child.send(order);
  return { watch: (pid) => send({ watch: pid }), forget: (pid) => send({ forget: pid }) };
}

function guard(dir: string): void {
  const groups = new Set<number>();
  process.on('message', (order: Order) => {
    if ('watch' in order) groups.add(order.watch);
    else groups.delete(order.forget);
  });
  // Ctrl-C and hang-ups are for the harness; what matters here is that it has gone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', async () => {
    await endGroups(groups);
    if (dir) await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    process.exit();
  });
}

async function endGroups(groups: ReadonlySet<number>): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  let signal: NodeJS.Signals | 0 = 'SIGTERM';
  while ([...groups].filter((pid) => signalGroup(pid, signal)).length > 0 && Date.now() < deadline) {
    signal = 0;
    await sleep(50);
  }
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

const guardedDir = process.argv[2];
if (process.argv[1] === import.meta.filename && guardedDir !== undefined) guard(guardedDir);
