/** A piece of text in a file of ours, and what stands there instead. */
export interface Edit {
  file: string;
  from: string;
  to: string;
}

/** The engine with one of its safeguards taken out, and the test that must fail for it. */
export interface Mutant {
  /** What is taken out. */
  without: string;
  edits: readonly Edit[];
  proof: {
    file: string;
    /** How its title begins. */
    title: string;
    /** What it says when it fails: that it is about the safeguard and nothing else. */
    says: RegExp;
  };
}

const OUTCOMES = 'server/domain/engine/outcomes.ts';
const ENGINE = 'server/coordinator/engine.ts';
const PLAN = 'server/coordinator/plan.ts';
const RELAY = 'server/coordinator/relay.ts';
const COMMIT = 'db/queries/commit-batch.ts';

const FENCING: readonly Mutant[] = [
  {
    without: 'the epoch in front of answers: an agent that lost its task decides on it',
    edits: [{ file: OUTCOMES, from: 'if (happening.epoch !== task.epoch) {', to: 'if (false) {' }],
    proof: {
      file: 'server/testing/faults/fencing.int.test.ts',
      title: 'F14 after its lease had gone to another',
      says: /STALE_EPOCH/,
    },
  },
  {
    without: 'the epoch in front of answers, as the outside service sees it',
    edits: [{ file: OUTCOMES, from: 'if (happening.epoch !== task.epoch) {', to: 'if (false) {' }],
    proof: {
      file: 'server/testing/faults/mutations.int.test.ts',
      title: 'answers without the fence of the epoch',
      says: /accepted from another hand-out/,
    },
  },
  {
    without: 'the epoch in front of signs of life: who lost a task keeps it from ever being lost again',
    edits: [
      {
        file: OUTCOMES,
        from: 'if (!isTaskHeld(task.status) || task.epoch !== happening.epoch || task.agent !== happening.agent) {',
        to: 'if (!isTaskHeld(task.status) || task.agent !== happening.agent) {',
      },
    ],
    proof: {
      file: 'server/domain/engine/outcomes.test.ts',
      title: 'signs of life of others, of earlier hand-outs',
      says: /ok: true/,
    },
  },
  {
    without: 'the epoch in front of taking a task: an old message of the queue is taken for the current one',
    edits: [
      {
        file: OUTCOMES,
        from: 'if (!isTaskQueued(task.status) || task.epoch !== happening.epoch) {',
        to: 'if (!isTaskQueued(task.status)) {',
      },
    ],
    proof: {
      file: 'server/domain/engine/queues.test.ts',
      title: 'an old message of the queue gets nobody',
      says: /ok: true/,
    },
  },
  {
    without: 'the epoch in front of giving back: who lost a task takes it from the next one',
    edits: [
      {
        file: OUTCOMES,
        from: `export function releaseTask(draft: Draft, happening: Of<'release'>): Reply {
  const task = taskOf(draft, happening.task);
  if (task.epoch !== happening.epoch)`,
        to: `export function releaseTask(draft: Draft, happening: Of<'release'>): Reply {
  const task = taskOf(draft, happening.task);
  if (false)`,
      },
    ],
    proof: {
      file: 'server/domain/engine/outcomes.test.ts',
      title: 'what is given back is ready again',
      says: /ok: true/,
    },
  },
  {
    without: 'the revision in the commit: two coordinators write what they believe, one over the other',
    edits: [
      {
        file: COMMIT,
        from: 'key: RUN_KEY, set: RUN_STATE }',
        to: 'key: RUN_KEY.slice(0, 1), set: RUN_STATE }',
      },
    ],
    proof: {
      file: 'server/testing/faults/mutations.int.test.ts',
      title: 'commits without the fence of the revision',
      says: /I8/,
    },
  },
];

const INBOX: readonly Mutant[] = [
  {
    without: 'the inbox: no message is remembered',
    edits: [
      {
        file: PLAN,
        from: 'if (unit.messageId !== undefined) plan.rows.inbox.push({ messageId: unit.messageId });',
        to: '',
      },
    ],
    proof: {
      file: 'server/testing/faults/broker.int.test.ts',
      title: 'F05 with an answer committed and not acknowledged',
      says: /expected true to be false/,
    },
  },
];

const OUTBOX: readonly Mutant[] = [
  {
    without: 'the outbox: messages are published after the commit, from memory',
    edits: [
      {
        file: PLAN,
        from: 'plan.rows.outbox = plan.messages.map(({ queue, priority, body }) => ({ queue, priority, body }));',
        to: '',
      },
      {
        file: ENGINE,
        from: 'if (outboxIds.length > 0) relay.send(outboxIds, plan.messages);',
        to: "if (plan.messages.length > 0) relay.send(plan.messages.map(() => '0'), plan.messages);",
      },
    ],
    proof: {
      file: 'server/testing/faults/broker.int.test.ts',
      title: 'F01 after a commit, before its message is sent',
      says: /expected \+0 to be 1/,
    },
  },
  {
    without: 'the look for rows that a dead process left in the outbox',
    edits: [
      { file: ENGINE, from: 'await relay.sweep();', to: '' },
      { file: RELAY, from: 'start: schedule,', to: 'start: () => undefined,' },
    ],
    proof: {
      file: 'server/testing/faults/broker.int.test.ts',
      title: 'F01 after a commit, before its message is sent',
      says: /in vain: the outbox to be empty/,
    },
  },
  {
    without: 'the wait for the confirm: a row goes as soon as its message was handed to the broker',
    edits: [{ file: RELAY, from: "if (outcome !== 'confirmed') return;", to: '' }],
    proof: {
      file: 'server/testing/faults/broker-faults.int.test.ts',
      title: 'F24 by a queue that has lost its binding',
      says: /in vain: the end of run_/,
    },
  },
];

export const MUTANTS: readonly Mutant[] = [...FENCING, ...INBOX, ...OUTBOX];
