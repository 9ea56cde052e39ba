import type { RunId } from '#server/domain/ids.ts';

/** The invariants that the database (I15: and the object store) can prove or disprove. server/coordinator/README.md tells how each is kept. */
export const RULES = {
  I1: 'Every run ends in one state, or something is due that will move it on.',
  I2: 'Each task has at most one outcome, and it is that of its current hand-out.',
  I3: 'No task is handed out before what it depends on is over.',
  I4: 'Whatever was accepted is in the database, whole.',
  I5: 'What was written of a task is of the hand-out that was current then; what was put aside as too late is of one that there was.',
  I6: 'No task has more attempts than its retry policy allows.',
  I8: "A run's event sequence has no hole, and folded it gives the rows.",
  I9: 'The slots in use under a concurrency key, and the seats with an agent, are tasks that are handed out.',
  I12: 'Each change of a task has its entry: the history of attempts has each hand-out that ended before its task did, as the events tell it.',
  I13: 'What is due gets done, what is of no use any more has gone, and there is room for what comes.',
  I14: 'A task that every agent died of is in the dead letters, once, and no other task is.',
  I15: 'Every object that a kept run refers to is kept for it, and is in the object store.',
} as const;
export type Rule = keyof typeof RULES;

/** Invariants that no database can show, why not, and the tests that do. */
export const SHOWN_BY_TESTS = {
  I7: {
    says: 'One effect key has one effect outside.',
    why: 'The effects are in other systems, which alone know how often each was asked for.',
    tests: ['server/testing/faults/mutations.int.test.ts', 'server/testing/faults/ledger.ts'],
  },
  I10: {
    says: 'Without Redis all that changes is time.',
    why: 'What came of a run looks the same whether it was quick or slow.',
    tests: ['server/testing/faults/hot-state.int.test.ts'],
  },
  I11: {
    says: 'When the broker is emptied all that changes is time.',
    why: 'A queued task is the same row whether its message is there or lost.',
    tests: ['server/testing/faults/broker-faults.int.test.ts'],
  },
} as const;

/** One thing that must hold and does not. */
export interface Finding {
  rule: Rule;
  runId: RunId | null;
  message: string;
}
