import type { EngineDefaults } from '#server/domain/engine/happenings.ts';
import type { Pick } from '#server/testing/engine/random-graph.ts';

/** Taken away on purpose, to show that the audit would see it. */
export const SAFEGUARDS = ['epoch', 'inbox', 'outbox'] as const;
export type Safeguard = (typeof SAFEGUARDS)[number];

export const SIM_DEFAULTS: EngineDefaults = {
  leaseMs: 5000,
  taskTimeoutMs: 30_000,
  maxLosses: 3,
  redeliverMs: 6000,
};

/** Something that the system promised did not hold. */
export class Violation extends Error {
  override name = 'Violation';
}

export function demand(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Violation(what());
}

/** Per cent, each drawn anew for a seed: some worlds have one kind of trouble only, and some have all. */
export interface Faults {
  /** The database does not take a commit, or takes it and its answer is lost. */
  commitRefused: number;
  commitAnswerLost: number;
  /** The broker loses a message without a confirm, or keeps it and the confirm is lost. */
  publishLost: number;
  confirmLost: number;
  duplicate: number;
  ackLost: number;
  /** A hand-out does not reach its agent; an answer does not reach the engine, or its reply the agent. */
  deliveryLost: number;
  answerLost: number;
  agentCrash: number;
  agentStall: number;
  agentRelease: number;
  /** An agent gives back whatever it gets, for as long as it lives. */
  agentRefuse: number;
  answerTwice: number;
  /** How often, in seconds; 0 never. */
  coordinatorCrashEvery: number;
  purgeEvery: number;
  commandEvery: number;
  fleetPauseEvery: number;
}

/** Everything that a simulation shares: one clock, one source of chance, one place for what went on. */
export interface World {
  readonly now: number;
  readonly pick: Pick;
  readonly without: Safeguard | null;
  /** All of them 0 once the world has healed. */
  faults: Faults;
  healed: boolean;
  chance(percent: number): boolean;
  after(ms: number, run: () => void): void;
  /** Lives until it is ended: what it has planned then never happens. */
  createLife(): Life;
  trace(line: () => string): void;
  id(kind: string): string;
}

export interface Life {
  readonly alive: boolean;
  after(ms: number, run: () => void): void;
  end(): void;
}

interface Planned {
  at: number;
  order: number;
  run: () => void;
}

export interface WorldOptions {
  seed: number;
  without?: Safeguard | null;
  onTrace?(line: string): void;
}

export interface RunningWorld extends World {
  /** Takes the next thing that was planned; false when it lies behind `until`. */
  step(until: number): boolean;
}

/** Far from 0, as run ids carry their time of birth and times of zero hide mistakes. */
export const WORLD_START_MS = 1_800_000_000_000;

export function createWorld(options: WorldOptions): RunningWorld {
  const { onTrace } = options;
  const random = createRandom(options.seed);
  const pick: Pick = (below) => Math.floor(random() * below);
  const heap = createHeap();
  let now = WORLD_START_MS;
  let counter = 0;

  const after = (ms: number, run: () => void) => heap.push({ at: now + ms, order: counter++, run });
  return {
    get now() {
      return now;
    },
    pick,
    without: options.without ?? null,
    faults: drawFaults(pick),
    healed: false,
    chance: (percent) => percent > 0 && random() * 100 < percent,
    after,
    createLife() {
      let alive = true;
      return {
        get alive() {
          return alive;
        },
        after: (ms, run) =>
          after(ms, () => {
            if (alive) run();
          }),
        end: () => {
          alive = false;
        },
      };
    },
    trace: (line) => onTrace?.(`${((now - WORLD_START_MS) / 1000).toFixed(3).padStart(8)}  ${line()}`),
    id: (kind) => `${kind}-${counter++}`,
    step(until) {
      if (heap.nextAt() > until) return false;
      const next = heap.pop();
      if (!next) return false;
      now = next.at;
      next.run();
      return true;
    },
  };
}

/** mulberry32: small, quick and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function drawFaults(pick: Pick): Faults {
  const rate = (most: number) => (pick(2) === 0 ? 0 : 1 + pick(most));
  return {
    commitRefused: rate(10),
    commitAnswerLost: rate(10),
    publishLost: rate(20),
    confirmLost: rate(20),
    duplicate: rate(40),
    ackLost: rate(20),
    deliveryLost: rate(15),
    answerLost: rate(30),
    agentCrash: rate(8),
    agentStall: rate(15),
    agentRelease: rate(10),
    agentRefuse: rate(60),
    answerTwice: rate(30),
    coordinatorCrashEvery: rate(12),
    purgeEvery: rate(30),
    commandEvery: rate(10),
    fleetPauseEvery: rate(40),
  };
}

export const NO_FAULTS: Faults = {
  commitRefused: 0,
  commitAnswerLost: 0,
  publishLost: 0,
  confirmLost: 0,
  duplicate: 0,
  ackLost: 0,
  deliveryLost: 0,
  answerLost: 0,
  agentCrash: 0,
  agentStall: 0,
  agentRelease: 0,
  agentRefuse: 0,
  answerTwice: 0,
  coordinatorCrashEvery: 0,
  purgeEvery: 0,
  commandEvery: 0,
  fleetPauseEvery: 0,
};

/** A binary heap: what is planned first comes first, ties in the order in which they were planned. */
function createHeap() {
  const items: Planned[] = [];
  const isBefore = (a: Planned, b: Planned) => a.at < b.at || (a.at === b.at && a.order < b.order);

  function sink(last: Planned): void {
    let at = 0;
    for (;;) {
      const [left, right] = [items[2 * at + 1], items[2 * at + 2]];
      const child = right && left && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
      const first = items[child];
      if (!first || !isBefore(first, last)) break;
      items[at] = first;
      at = child;
    }
    items[at] = last;
  }

  return {
    push(item: Planned): void {
      let at = items.length;
      items.push(item);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        const above = items[parent] as Planned;
        if (!isBefore(item, above)) break;
        items[at] = above;
        at = parent;
      }
      items[at] = item;
    },
    nextAt: () => items[0]?.at ?? Number.POSITIVE_INFINITY,
    pop(): Planned | undefined {
      const first = items[0];
      const last = items.pop();
      if (last && items.length > 0) sink(last);
      return first;
    },
  };
}
