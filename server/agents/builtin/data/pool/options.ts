import { availableParallelism, tmpdir } from 'node:os';

/** Limits of the data agents. Each holds for one child process, and so for one task at a time. */
export interface DataPoolOptions {
  /** Tasks worked on at once; each has a process of its own. */
  size: number;
  /** Processes are started before anybody asks for them. */
  isWarm: boolean;
  /** What the query engine may hold in memory before it spills to the scratch folder. */
  memoryMb: number;
  /** V8's heap in the child. */
  heapMb: number;
  /** A child above this is killed. Room for the engine, the heap, the input's bytes and the program itself. */
  residentMb: number;
  /** Disk that the engine may spill to. */
  spillMb: number;
  /** Everything in a task's scratch folder together. */
  scratchMb: number;
  /** Longest a task may work, whatever its stage allows. */
  timeoutMs: number;
  /** Threads that `parallel_workers` can ask for. */
  maxThreads: number;
  /** Input above this is refused. */
  maxInputMb: number;
  /** Tables up to this travel in messages, larger ones as Parquet. */
  inlineBytes: number;
  /** A child is replaced after so many tasks. */
  tasksPerChild: number;
  scratchRoot: string;
}

export function defaultPoolOptions(): DataPoolOptions {
  return {
    size: Math.max(1, Math.min(4, availableParallelism())),
    isWarm: true,
    memoryMb: 512,
    heapMb: 512,
    residentMb: 1_536,
    spillMb: 2_048,
    scratchMb: 4_096,
    timeoutMs: 1_800_000,
    maxThreads: Math.max(1, Math.min(4, availableParallelism())),
    maxInputMb: 256,
    inlineBytes: 65_536,
    tasksPerChild: 200,
    scratchRoot: tmpdir(),
  };
}
