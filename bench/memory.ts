import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface ProcessMemory {
  rssMib: number;
  /** After a collection of garbage: what the program really holds. */
  heapMib: number;
}

const MIB = 2 ** 20;
let collect: (() => void) | undefined;

export function readProcessMemory(): ProcessMemory {
  collect ??= findCollector();
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMib: rss / MIB, heapMib: heapUsed / MIB };
}

/** The flag would also do at the start of the process; here it is set only where somebody asks. */
function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
