import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AgentFailure } from '../../../agent.ts';
import type { DataPoolOptions } from './options.ts';
import type { Job, JobResult } from './protocol.ts';
import { emptyFolder, makeScratch } from './scratch.ts';
import { type JobHooks, watchJob } from './watch-job.ts';
import { type Worker, spawnWorker } from './worker.ts';

export interface PoolTask<T> {
  hooks: JobHooks;
  /** Puts the input's files into the folder and says what is to be done with them. */
  prepare(directory: string): Promise<Job>;
  /** Takes the result's files out, before the folder is emptied. */
  collect(result: JobResult, directory: string): Promise<T>;
}

/** A fixed number of child processes, each with a folder of its own and one task at a time. */
export interface DataPool {
  options: DataPoolOptions;
  run<T>(task: PoolTask<T>): Promise<T>;
  /** Process ids of the children that live, for those who watch over the server. */
  pids(): number[];
  stop(): Promise<void>;
}

interface Slot {
  directory: string;
  worker: Worker;
  tasks: number;
}

export function createDataPool(options: DataPoolOptions): DataPool {
  const scratch = makeScratch(options.scratchRoot);
  const spawn = (directory: string): Worker => {
    emptyFolder(directory);
    const { memoryMb, spillMb, heapMb } = options;
    return spawnWorker({ directory, memoryMb, spillMb }, heapMb);
  };
  const slots: Slot[] = Array.from({ length: options.size }, (_, n) => {
    const directory = join(scratch, `child-${n + 1}`);
    return { directory, worker: spawn(directory), tasks: 0 };
  });
  const free = [...slots];
  const waiting: ((slot: Slot) => void)[] = [];
  let stopped = false;

  const release = (slot: Slot): void => {
    if (!stopped && slot.tasks >= options.tasksPerChild) slot.worker.kill();
    if (!stopped && (!slot.worker.isAlive() || slot.tasks >= options.tasksPerChild)) replace(slot);
    const next = waiting.shift();
    if (next) next(slot);
    else free.push(slot);
  };
  const replace = (slot: Slot): void => {
    slot.worker = spawn(slot.directory);
    slot.tasks = 0;
  };
  const acquire = (signal: AbortSignal): Promise<Slot> => {
    const slot = free.shift();
    if (slot) return Promise.resolve(slot);
    return waitForSlot(waiting, signal);
  };
  const work = async <T>(slot: Slot, task: PoolTask<T>): Promise<T> => {
    if (stopped) throw new AgentFailure('lost', 'STOPPED', 'The data agents are stopping.');
    if (!slot.worker.isAlive()) replace(slot);
    await slot.worker.ready;
    slot.tasks += 1;
    emptyFolder(slot.directory);
    const job = await task.prepare(slot.directory);
    const about = { directory: slot.directory, options, hooks: task.hooks };
    try {
      const result = await watchJob(slot.worker, job, about);
      return await task.collect(result, slot.directory);
    } catch (error) {
      await settle(slot.worker, error);
      throw error;
    } finally {
      emptyFolder(slot.directory);
    }
  };
  return {
    options,
    async run(task) {
      if (stopped) throw new AgentFailure('lost', 'STOPPED', 'The data agents are stopping.');
      const slot = await acquire(task.hooks.signal);
      try {
        return await work(slot, task);
      } finally {
        release(slot);
      }
    },
    pids: () => slots.filter((slot) => slot.worker.isAlive()).flatMap((slot) => slot.worker.pid ?? []),
    async stop() {
      stopped = true;
      for (const slot of slots) slot.worker.kill();
      await Promise.all(slots.map((slot) => slot.worker.exited));
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Failures that came with a kill: the folder is free only when the process is gone. */
async function settle(worker: Worker, error: unknown): Promise<void> {
  const killed = ['ABORTED', 'TIME_LIMIT', 'MEMORY_LIMIT', 'DISK_LIMIT', 'CHILD_CRASHED'];
  if (!(error instanceof AgentFailure) || !killed.includes(error.code)) return;
  worker.kill();
  await worker.exited;
}

function waitForSlot(waiting: ((slot: Slot) => void)[], signal: AbortSignal): Promise<Slot> {
  return new Promise((resolve, reject) => {
    const take = (slot: Slot) => {
      signal.removeEventListener('abort', giveUp);
      resolve(slot);
    };
    const giveUp = () => {
      const place = waiting.indexOf(take);
      if (place >= 0) waiting.splice(place, 1);
      reject(
        new AgentFailure('agent', 'ABORTED', 'The task was told to stop while it waited for a data process.'),
      );
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    waiting.push(take);
  });
}
