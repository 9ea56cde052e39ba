/**
 * The work that every subject does: no-op stages over about 200 bytes of JSON, built so that lost,
 * repeated, reordered or invented work is noticed. Each stage folds itself into `proof`, which only
 * comes out right when every stage really saw the output of the one before; executions are counted.
 */

/** Goes into and comes out of every stage; about 200 bytes as JSON. */
export interface Payload {
  lap: number;
  run: number;
  /** How many stages have been done. */
  stage: number;
  /** The item's number within a fan-out; after the join, how many items it joined. */
  item: number;
  proof: number;
  /** When the run's first stage began, on the clock that all processes of one machine share. */
  startedAtMs: number;
  note: string;
}

/** Executions seen by another process of the same subject since it was last asked. */
interface ExecutionCounts {
  lap: number;
  strays: number;
  counts: [slot: number, times: number][];
}

export interface Workload {
  /** The body of a chain's stage, and of a fan-out's first stage. */
  perform(input: Payload): Payload;
  /** The body of item number `item` (from 0); `input` is the output of the fan-out's first stage. */
  performItem(input: Payload, item: number): Payload;
  /** The body of the join; `items` are all outputs of `performItem`, in any order. */
  performJoin(items: readonly Payload[]): Payload;
  /** For subjects with a second process: it makes its own workload, which is emptied here and added to the first one. */
  takeCounts(): ExecutionCounts;
  addCounts(other: ExecutionCounts): void;
}

/** The harness's side: begins a lap and judges what came back. */
export interface CheckedWorkload extends Workload {
  beginLap(runs: number): Payload[];
  checkChains(outputs: readonly Payload[], stages: number): void;
  checkFanOut(output: Payload, width: number): void;
}

/** Of a chain, as the harness runs it. */
export const STAGES = 5;

const NOTE = 'A stage of a benchmark: it does nothing but pass this text on, as any small result would be.';
const SLOTS_PER_RUN = 4096;
const JOIN_SLOT = SLOTS_PER_RUN - 1;

/** CLOCK_MONOTONIC: one clock for all processes of a machine, unlike `performance.now()`. */
export function readClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function mix(proof: number, salt: number): number {
  return (Math.imul(proof ^ salt, 0x9e3779b1) >>> 0) + 1;
}

function firstProof(lap: number, run: number): number {
  return mix(mix(0x5eed, lap), run);
}

function proofOfChain(lap: number, run: number, stages: number): number {
  let proof = firstProof(lap, run);
  for (let stage = 0; stage < stages; stage++) proof = mix(proof, stage);
  return proof;
}

function proofOfFanOut(lap: number, run: number, width: number): number {
  const root = proofOfChain(lap, run, 1);
  let sum = 0;
  for (let item = 0; item < width; item++) sum = (sum + mix(root, 1000 + item)) >>> 0;
  return mix(sum, width);
}

/** Counts which stage of which run ran how often, lap after lap. */
function createTally() {
  const executions = new Map<number, number>();
  let currentLap = 0;
  let strays = 0;

  function follow(lap: number): void {
    if (lap <= currentLap) return;
    currentLap = lap;
    executions.clear();
  }

  return {
    nextLap(): number {
      follow(currentLap + 1);
      return currentLap;
    },
    count(input: Payload, slot: number): void {
      follow(input.lap);
      if (input.lap < currentLap) {
        strays += 1;
        return;
      }
      const key = input.run * SLOTS_PER_RUN + slot;
      executions.set(key, (executions.get(key) ?? 0) + 1);
    },
    take(): ExecutionCounts {
      const taken = { lap: currentLap, strays, counts: [...executions] };
      executions.clear();
      strays = 0;
      return taken;
    },
    add(other: ExecutionCounts): void {
      strays += other.strays;
      if (other.lap !== currentLap) return;
      for (const [key, times] of other.counts) executions.set(key, (executions.get(key) ?? 0) + times);
    },
    check(expected: number): void {
      if (strays > 0)
        throw new Error(`${strays} stages ran again after their lap had been reported complete.`);
      for (const [key, times] of executions) {
        if (times === 1) continue;
        const run = Math.floor(key / SLOTS_PER_RUN);
        throw new Error(`Stage ${key % SLOTS_PER_RUN} of run ${run} ran ${times} times instead of once.`);
      }
      if (executions.size === expected) return;
      throw new Error(`${executions.size} stages ran, ${expected} should have.`);
    },
  };
}

export function createWorkload(): CheckedWorkload {
  const tally = createTally();
  let lap = 0;
  let lapRuns = 0;

  return {
    perform(input) {
      tally.count(input, input.stage);
      const startedAtMs = input.stage === 0 ? readClockMs() : input.startedAtMs;
      return { ...input, stage: input.stage + 1, proof: mix(input.proof, input.stage), startedAtMs };
    },
    performItem(input, item) {
      tally.count(input, 1 + item);
      return { ...input, stage: 2, item, proof: mix(input.proof, 1000 + item) };
    },
    performJoin(items) {
      const [first] = items;
      if (first === undefined) throw new Error('The join got no items.');
      tally.count(first, JOIN_SLOT);
      const distinct = new Set(items.map((item) => item.item));
      const sum = items.reduce((total, item) => (total + item.proof) >>> 0, 0);
      return { ...first, stage: 3, item: distinct.size, proof: mix(sum, items.length) };
    },
    takeCounts: () => tally.take(),
    addCounts: (other) => tally.add(other),
    beginLap(runs) {
      lap = tally.nextLap();
      lapRuns = runs;
      return Array.from({ length: runs }, (_, run) => {
        return { lap, run, stage: 0, item: 0, proof: firstProof(lap, run), startedAtMs: 0, note: NOTE };
      });
    },
    checkChains(outputs, stages) {
      if (outputs.length !== lapRuns)
        throw new Error(`${outputs.length} results came back from ${lapRuns} runs.`);
      for (const [run, output] of outputs.entries()) {
        const expected = proofOfChain(lap, run, stages);
        if (output?.lap === lap && output.run === run && output.proof === expected) continue;
        throw new Error(`Run ${run} ended with a wrong result: ${JSON.stringify(output)}`);
      }
      tally.check(lapRuns * stages);
    },
    checkFanOut(output, width) {
      const expected = proofOfFanOut(lap, 0, width);
      if (output?.lap !== lap || output.item !== width || output.proof !== expected) {
        throw new Error(`The fan-out over ${width} ended with a wrong result: ${JSON.stringify(output)}`);
      }
      tally.check(width + 2);
    },
  };
}
