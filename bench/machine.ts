import {
  closeSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TMPFS = 0x01021994;

/** How quiet and how fast the machine is right now; taken before each subject. */
export interface Probe {
  /** Fixed integer work on one core; a rise means that others use the machine. */
  spinMs: number;
  /** 8 KB appended and flushed, one at a time. */
  flushesPerSecond: number;
  /** Cores that others used, over half a second in which we slept. */
  busyCores: number;
}

export function describeMachine(): string {
  const cores = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${cores[0]?.model ?? 'unknown CPU'}, ${cores.length} cores, ${memoryGb} GB memory, ${type()} ${release()}`;
}

/** A folder's parent that is on a real disk: a flush into memory would flatter every engine that commits often. */
export function findDiskDir(): string {
  const candidates = ['/var/tmp', tmpdir()];
  return candidates.find((dir) => isOnDisk(dir)) ?? tmpdir();
}

function isOnDisk(dir: string): boolean {
  try {
    return statfsSync(dir).type !== TMPFS;
  } catch {
    return false;
  }
}

export async function probeMachine(dir: string): Promise<Probe> {
  const before = readBusySeconds();
  const startedAt = performance.now();
  await sleep(500);
  const busyCores = (readBusySeconds() - before) / ((performance.now() - startedAt) / 1000);
  return { busyCores, spinMs: spin(), flushesPerSecond: countFlushes(dir) };
}

function spin(): number {
  const startedAt = performance.now();
  let state = 1;
  for (let round = 0; round < 100_000_000; round++) state = Math.imul(state ^ round, 0x9e3779b1);
  const tookMs = performance.now() - startedAt;
  // Using the result keeps the loop from being optimised away.
  return state === 0.5 ? 0 : tookMs;
}

function countFlushes(dir: string): number {
  const file = join(dir, `flush-probe-${process.pid}`);
  const block = Buffer.alloc(8192, 1);
  const fd = openSync(file, 'w');
  try {
    const startedAt = performance.now();
    let flushes = 0;
    while (performance.now() - startedAt < 500) {
      writeSync(fd, block);
      fdatasyncSync(fd);
      flushes += 1;
    }
    return flushes / ((performance.now() - startedAt) / 1000);
  } finally {
    closeSync(fd);
    rmSync(file);
  }
}

function readBusySeconds(): number {
  const busyMs = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return busyMs.reduce((sum, one) => sum + one, 0) / 1000;
}

/** The process and all its descendants. Linux only, as is `readMemoryMib`. */
export function listProcessTree(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? readParent(Number(entry)) : undefined;
    if (parent !== undefined) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(entry)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(childrenOf.get(pid) ?? []));
  return tree;
}

/** Of what the kernel says of a process, from its state on; undefined: it has ended. */
function readStat(pid: number): number[] | undefined {
  try {
    // The name in the brackets may itself hold spaces and brackets.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number);
  } catch {
    return undefined;
  }
}

export const readParent = (pid: number): number | undefined => readStat(pid)?.[1];

/** What the kernel counts the time of processes in, on every Linux that Node runs on. */
const TICK_MS = 10;

/** Time on a core that a process and its descendants have used, those that have ended too. */
export function readTreeCpuMs(root: number): number {
  const ticks = listProcessTree(root).map((pid) => {
    const [user = 0, system = 0, userOfEnded = 0, systemOfEnded = 0] = readStat(pid)?.slice(11, 15) ?? [];
    return user + system + userOfEnded + systemOfEnded;
  });
  return ticks.reduce((sum, one) => sum + one, 0) * TICK_MS;
}

export function isNode(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === readlinkSync('/proc/self/exe');
  } catch {
    return false;
  }
}

/** Resident memory where shared pages count in proportion, so that processes can be summed. */
export function readMemoryMib(pids: readonly number[]): number {
  const kib = pids.map((pid) => {
    try {
      return Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}
