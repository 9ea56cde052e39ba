import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface ProcessMemory {
  rssMib: number;
  /** After a collection of garbage: what the program really holds. */
  heapMib: number;
}

const MIB = 2 ** 20;
type Collect = (how?: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;
let collect: Collect | undefined;

export function readProcessMemory(): ProcessMemory {
  collect ??= findCollector();
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMib: rss / MIB, heapMib: heapUsed / MIB };
}

/**
 * What the process has of the machine once V8 has given back the pages that it keeps empty for later. They belong to no
 * heap, so nothing else tells them from what is held. It costs compiled code: for the end of a measurement.
 */
export function readLeanRssMib(): number {
  collect ??= findCollector();
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return process.memoryUsage().rss / MIB;
}

/** The flag would also do at the start of the process; here it is set only where somebody asks. */
function findCollector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
