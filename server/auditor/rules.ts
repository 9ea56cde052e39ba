import type { RunId } from '#server/domain/ids.ts';

/** The invariants that the database (I10: and the object store) can prove or disprove. server/coordinator/README.md tells how each is kept. */
export const RULES = {
  I1: 'Every run ends in one state, or something is due that will move it on.',
  I2: 'Each task has at most one outcome, and it is that of its current hand-out.',
  I3: 'No task is handed out before what it depends on is over.',
  I4: 'Whatever was accepted is in the database, whole.',
  I6: 'No task has more attempts than its retry policy allows.',
  I8: "A run's event sequence has no hole, and folded it gives the rows.",
  I9: 'The slots in use under a concurrency key are the tasks that are handed out under it.',
  I14: 'A task that every agent died of is in the dead letters, once, and no other task is.',
  I10: 'Every object that a kept run refers to is kept for it, and is in the object store.',
  I11: 'Whoever has a seat with an agent is a task that it holds.',
  I12: 'The history of attempts has each hand-out that ended before its task did, as its events tell it.',
  I13: 'What is due gets done, what is of no use any more has gone, and there is room for what comes.',
} as const;
export type Rule = keyof typeof RULES;

/** One thing that must hold and does not. */
export interface Finding {
  rule: Rule;
  runId: RunId | null;
  message: string;
}
