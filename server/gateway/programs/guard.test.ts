import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { comes, until } from '#server/testing/faults/until.ts';
import { signalGroup } from './groups.ts';
import { createGuard, type Guard } from './guard.ts';

/** A group that does not end by a word, with two in it. */
async function startGroup(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('/bin/sh', ['-c', "trap '' TERM; sleep 86400 & echo here; while :; do sleep 1; done"], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  return child as ChildProcess & { pid: number };
}

const lives = ({ pid }: { pid: number }): boolean => signalGroup(pid, 0);

/** The processes that this one has started as guards. */
function guards(): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, stat = '', words = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const isOne =
      Number(parent) === process.pid && words.includes('programs/guard.ts') && !stat.startsWith('Z');
    return isOne ? [Number(pid)] : [];
  });
}

/** As when this process is gone: its end of the line is closed. */
const vanish = (guard: Guard) => guard.close();

test('ends the groups that are left behind, whole, and leaves those alone that it was told to forget', async () => {
  const guard = createGuard();
  const [left, kept] = await Promise.all([startGroup(), startGroup()]);
  try {
    guard.watch(left.pid);
    guard.watch(kept.pid);
    guard.forget(kept.pid);
    const ended = once(left, 'exit');
    vanish(guard);
    await comes('its leader has ended', ended);
    await until('all of it has ended', async () => !lives(left));
    expect(lives(kept)).toBe(true);
  } finally {
    for (const { pid } of [left, kept]) signalGroup(pid, 'SIGKILL');
  }
});

test('another takes its place when it is killed, and is told of all', async () => {
  const before = new Set(guards());
  const mine = () => guards().filter((pid) => !before.has(pid));
  const guard = createGuard();
  const [first, second] = await Promise.all([startGroup(), startGroup()]);
  try {
    guard.watch(first.pid);
    const [killed = 0] = mine();
    process.kill(killed, 'SIGKILL');
    guard.watch(second.pid);
    await until('there is another', async () => mine().some((pid) => pid !== killed));
    vanish(guard);
    await until('both have ended', async () => !lives(first) && !lives(second));
    await until('so has it', async () => mine().length === 0);
  } finally {
    for (const { pid } of [first, second]) signalGroup(pid, 'SIGKILL');
  }
});
