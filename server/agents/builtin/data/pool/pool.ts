import { AgentFailure } from '../../../agent.ts';
import type { DataPoolOptions } from './options.ts';
import type { Job, JobResult } from './protocol.ts';
import { emptyFolder, removeFolder } from './scratch.ts';
import { createSlots, type Slot } from './slots.ts';
import { type JobHooks, watchJob } from './watch-job.ts';
import type { Worker } from './worker.ts';

export interface PoolTask<T> {
  hooks: JobHooks;
  /** For whom: where tasks wait for a process, each of them has its turn. */
  tenant: string;
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

export function createDataPool(options: DataPoolOptions): DataPool {
  const slots = createSlots(options);
  const refuseWhenStopped = (): void => {
    if (slots.isStopped()) throw new AgentFailure('lost', 'STOPPED', 'The data agents are stopping.');
  };
  return {
    options,
    async run(task) {
      refuseWhenStopped();
      const slot = await slots.acquire(task.tenant, task.hooks.signal);
      try {
        refuseWhenStopped();
        return await work({ slot, worker: slots.revive(slot) }, task, options);
      } catch (error) {
        // Our own stop is not the task's fault: class lost costs it no attempt.
        refuseWhenStopped();
        throw error;
      } finally {
        slots.release(slot);
      }
    },
    pids: () => slots.all.flatMap(({ worker }) => (worker?.isAlive() ? (worker.pid ?? []) : [])),
    stop: () => slots.stop(),
  };
}

async function work<T>(
  { slot, worker }: { slot: Slot; worker: Worker },
  task: PoolTask<T>,
  options: DataPoolOptions,
): Promise<T> {
  const { directory } = slot;
  await worker.ready;
  slot.tasks += 1;
  emptyFolder(directory);
  try {
    const job = await task.prepare(directory);
    const result = await watchJob(worker, job, { directory, options, hooks: task.hooks });
    return await task.collect(result, directory);
  } catch (error) {
    await settle(worker, error);
    throw error;
  } finally {
    // Not made anew here: the pool may have been stopped, and its folder with it.
    removeFolder(directory);
  }
}

/** Failures that came with a kill: the folder is free only when the process is gone. */
async function settle(worker: Worker, error: unknown): Promise<void> {
  const killed = ['ABORTED', 'TIME_LIMIT', 'MEMORY_LIMIT', 'DISK_LIMIT', 'CHILD_CRASHED'];
  if (!(error instanceof AgentFailure) || !killed.includes(error.code)) return;
  worker.kill();
  await worker.exited;
}
