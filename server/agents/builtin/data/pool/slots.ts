import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AgentFailure } from '../../../agent.ts';
import type { DataPoolOptions } from './options.ts';
import { emptyFolder, makeScratch } from './scratch.ts';
import { createTurns, type Turns } from './turns.ts';
import { spawnWorker, type Worker } from './worker.ts';

/** A child process and its folder. Whoever holds the slot is the only one who uses either. */
export interface Slot {
  directory: string;
  /** Null: none has been needed yet. */
  worker: Worker | null;
  tasks: number;
}

export interface Slots {
  all: readonly Slot[];
  acquire(tenant: string, signal: AbortSignal): Promise<Slot>;
  /** Gives the slot to whoever's turn it is, with a fresh process if the old one is gone or worn. */
  release(slot: Slot): void;
  /** A live process for the slot, before it is used. */
  revive(slot: Slot): Worker;
  isStopped(): boolean;
  stop(): Promise<void>;
}

export function createSlots(options: DataPoolOptions): Slots {
  const scratch = makeScratch(options.scratchRoot);
  const spawn = (directory: string): Worker => {
    emptyFolder(directory);
    const { memoryMb, spillMb, heapMb } = options;
    return spawnWorker({ directory, memoryMb, spillMb }, heapMb);
  };
  const all: Slot[] = Array.from({ length: options.size }, (_, n) => {
    const directory = join(scratch, `child-${n + 1}`);
    return { directory, worker: options.isWarm ? spawn(directory) : null, tasks: 0 };
  });
  const free = [...all];
  const waiting = createTurns<(slot: Slot) => void>();
  let stopped = false;
  const replace = (slot: Slot): Worker => {
    slot.worker?.kill();
    slot.worker = spawn(slot.directory);
    slot.tasks = 0;
    return slot.worker;
  };
  return {
    all,
    acquire(tenant, signal) {
      const slot = free.shift();
      return slot ? Promise.resolve(slot) : waitForSlot(waiting, tenant, signal);
    },
    release(slot) {
      const isWorn = slot.tasks >= options.tasksPerChild || !slot.worker?.isAlive();
      if (isWorn && !stopped) replace(slot);
      const next = waiting.next();
      if (next) next(slot);
      else free.push(slot);
    },
    revive: (slot) => (slot.worker?.isAlive() ? slot.worker : replace(slot)),
    isStopped: () => stopped,
    async stop() {
      stopped = true;
      for (const slot of all) slot.worker?.kill();
      await Promise.all(all.map((slot) => slot.worker?.exited));
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function waitForSlot(
  waiting: Turns<(slot: Slot) => void>,
  tenant: string,
  signal: AbortSignal,
): Promise<Slot> {
  return new Promise((resolve, reject) => {
    const take = (slot: Slot) => {
      signal.removeEventListener('abort', giveUp);
      resolve(slot);
    };
    const giveUp = () => {
      waiting.leave(tenant, take);
      reject(
        new AgentFailure('agent', 'ABORTED', 'The task was told to stop while it waited for a data process.'),
      );
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    waiting.join(tenant, take);
  });
}
