import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkStep, createLedger, type Ledger } from '#server/testing/engine/check-step.ts';
import { freezeState, makeGraph, makeUnborn, START_MS } from '#server/testing/engine/drive-run.ts';
import { type Pick, randomGraph } from '#server/testing/engine/random-graph.ts';
import { randomHappening, randomPlacement } from '#server/testing/engine/random-happening.ts';
import {
  canRunStep,
  canTaskStep,
  isRunOver,
  RUN_STATUSES,
  type RunStatus,
  TASK_STATUSES,
  type TaskStatus,
} from '../statuses.ts';
import { type Decision, decide } from './decide.ts';
import { ENGINE_DEFAULTS, type Happening } from './happenings.ts';
import type { RunState } from './state.ts';

const SEED = 20_260_719;
const RUNS = 1500;
const TIMEOUT_MS = 120_000;
const BEHIND_MS = 3000;
/** A case that fails is made smaller for so long, and then shown as it is. */
const LIMIT = { interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true };

/** All chance of a case comes from one list of numbers, which fast-check makes shorter and smaller when it fails. */
const entropy = fc.noBias(fc.array(fc.nat({ max: 9999 }), { minLength: 40, maxLength: 900, size: 'max' }));

/** Past the end of the list everything is the first choice, so that a case ends. */
function pickFrom(numbers: readonly number[]): { pick: Pick; isSpent(): boolean } {
  let at = 0;
  return {
    pick: (below) => (numbers[at++] ?? 0) % below,
    isSpent: () => at >= numbers.length,
  };
}

const firstState = (pick: Pick): RunState => {
  const graph = makeGraph(randomGraph(pick, { stages: 1 + pick(12), types: ['echo'], second: 2 }));
  return makeUnborn(graph, pick(5) === 0 ? START_MS + 1000 * pick(90) : null, { wanted: true });
};

interface Step {
  happenings: Happening[];
  now: number;
  chance: number[];
}

function decideStep(state: RunState, { happenings, now, chance }: Step): Decision {
  const { pick } = pickFrom(chance);
  return decide(state, happenings, {
    now,
    place: () => randomPlacement(pick),
    isServed: () => pick(3) > 0,
    unplace: () => undefined,
    random: () => pick(100) / 100,
    defaults: ENGINE_DEFAULTS,
  });
}

/** Lives through one case, holding every step to the invariants. */
function liveThrough(
  numbers: readonly number[],
  ledgerOf = createLedger,
): { ledger: Ledger; state: RunState } {
  const { pick, isSpent } = pickFrom(numbers);
  let state = firstState(pick);
  const ledger = ledgerOf(state);
  let now = START_MS;
  for (let step = 0; !isSpent(); step += 1) {
    const count = 1 + pick(3);
    const happenings: Happening[] = step === 0 ? [{ type: 'start' }] : [];
    while (step > 0 && happenings.length < count) happenings.push(randomHappening(pick, state));
    const chance = Array.from({ length: 6 }, () => pick(9999));
    freezeState(state);
    // Now and then a process decides whose clock is behind that of the one before.
    const context = { now: now - (step % 5 === 4 ? BEHIND_MS : 0), defaults: ENGINE_DEFAULTS };
    const decision = decideStep(state, { happenings, now: context.now, chance });
    expect(decision.replies).toHaveLength(happenings.length);
    checkStep(ledger, { before: state, decision, context });
    state = decision.state;
    now += pick(3) * pick(12_000);
  }
  return { ledger, state };
}

describe('any run under any sequence of happenings', { timeout: TIMEOUT_MS }, () => {
  test('keeps every invariant, and its events tell its state', () => {
    fc.assert(
      fc.property(entropy, (numbers) => void liveThrough(numbers)),
      { seed: SEED, numRuns: RUNS, ...LIMIT },
    );
  });

  test('together takes every step of the tables of statuses and no other', () => {
    const runSteps = new Set<string>();
    const taskSteps = new Set<string>();
    for (const numbers of fc.sample(entropy, { seed: SEED, numRuns: RUNS })) {
      const { ledger } = liveThrough(numbers);
      for (const step of ledger.runSteps) runSteps.add(step);
      for (const step of ledger.taskSteps) taskSteps.add(step);
    }
    const allowed = <S extends string>(statuses: readonly S[], can: (from: S, to: S) => boolean) =>
      statuses.flatMap((from) => statuses.filter((to) => can(from, to)).map((to) => `${from} ${to}`)).sort();
    expect([...runSteps].sort()).toEqual(allowed<RunStatus>(RUN_STATUSES, canRunStep));
    // Two steps have examples of their own: a replay's reuse, and an input that can no longer be built.
    taskSteps.add('pending succeeded').add('retrying failed');
    expect([...taskSteps].sort()).toEqual(allowed<TaskStatus>(TASK_STATUSES, canTaskStep));
  });

  test('comes to the same in one batch as one by one', () => {
    fc.assert(
      fc.property(entropy, fc.nat(), (numbers, more) => {
        const { state } = liveThrough(numbers.slice(0, 200));
        const { pick } = pickFrom(numbers.slice(200));
        const happenings = Array.from({ length: 1 + (more % 4) }, () => randomHappening(pick, state));
        // The same placement whoever is asked first: chance must not tell the two apart.
        const now = START_MS + 200_000;
        const together = decideStep(state, { happenings, now, chance: [] });
        let oneByOne = state;
        const replies = happenings.flatMap((happening) => {
          const decision = decideStep(oneByOne, { happenings: [happening], now, chance: [] });
          oneByOne = decision.state;
          return decision.replies;
        });
        expect(oneByOne).toEqual(together.state);
        expect(replies).toEqual(together.replies);
      }),
      { seed: SEED, numRuns: 300, ...LIMIT },
    );
  });

  test('ends when it is cancelled at once', () => {
    fc.assert(
      fc.property(entropy, (numbers) => {
        const { state } = liveThrough(numbers);
        const step = {
          happenings: [{ type: 'cancel' as const, graceMs: 0 }],
          now: START_MS + 900_000,
          chance: [],
        };
        expect(isRunOver(decideStep(state, step).state.status)).toBe(true);
      }),
      { seed: SEED, numRuns: 300, ...LIMIT },
    );
  });
});
