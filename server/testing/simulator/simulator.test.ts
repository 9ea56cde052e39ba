import { describe, expect, test } from 'vitest';
import { commandFor, simulate } from './simulate.ts';
import { type Safeguard, Violation } from './world.ts';

const SEEDS = 1000;
const TIMEOUT_MS = 180_000;

function liveThrough(seed: number): ReturnType<typeof simulate> {
  try {
    return simulate({ seed });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`Seed ${seed}: ${message}\nSee it again: ${commandFor(seed)}`, { cause: error });
  }
}

/** What the world without one of its safeguards is caught at. */
const CAUGHT_AT: Record<Safeguard, RegExp> = {
  epoch: /counted as/,
  inbox: /had its effect twice/,
  outbox: /was never sent and is in no outbox/,
};

function findViolation(without: Safeguard): { seed: number; violation: Violation } | null {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      simulate({ seed, without });
    } catch (error) {
      if (error instanceof Violation) return { seed, violation: error };
      throw error;
    }
  }
  return null;
}

/** What the seeds are for; a fault that no world sees any more would prove nothing. */
const SIGHTS = [
  'is refused (conflict)',
  'is refused (known-message)',
  'is refused (born)',
  'coordinator 0: crashes',
  'with 2 tasks',
  'and stalls',
  'loses all that it holds',
  ' twice',
  'task.lost',
  /task\.released \d+ until later/,
  'task.released',
  'task.retrying',
  'task.queued',
  'task.waiting',
  'run.paused',
  'run.resumed',
  'run.failing',
  'run.cancelling',
  'run.cancelled',
  'run.failed',
  'run.succeeded',
];

describe('the engine in a world where everything goes wrong', () => {
  test(`keeps its promises over ${SEEDS} seeds, and every run ends once the world has healed`, {
    timeout: TIMEOUT_MS,
  }, () => {
    let tasks = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) tasks += liveThrough(seed).tasks;
    expect(tasks).toBeGreaterThan(SEEDS);
  });

  test('sees every kind of trouble', { timeout: TIMEOUT_MS }, () => {
    const unseen = new Set(SIGHTS);
    const onTrace = (line: string) => {
      for (const sight of unseen)
        if (typeof sight === 'string' ? line.includes(sight) : sight.test(line)) unseen.delete(sight);
    };
    for (let seed = 1; seed <= SEEDS && unseen.size > 0; seed += 1) simulate({ seed, onTrace });
    expect([...unseen]).toEqual([]);
  });

  test('is the same world again under the same seed', () => {
    const traceOf = (seed: number) => {
      const lines: string[] = [];
      simulate({ seed, onTrace: (line) => lines.push(line) });
      return lines;
    };
    expect(traceOf(7)).toEqual(traceOf(7));
    expect(traceOf(7)).not.toEqual(traceOf(8));
  });

  test.each(['epoch', 'inbox', 'outbox'] as const)(
    'is caught without its %s',
    { timeout: TIMEOUT_MS },
    (without) => {
      const found = findViolation(without);
      expect(found?.violation.message).toMatch(CAUGHT_AT[without]);
    },
  );
});
