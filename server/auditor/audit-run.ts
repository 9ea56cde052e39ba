import { isPoison, type RunEvent } from '#server/domain/engine/events.ts';
import { type Draft, evolve, openDraft } from '#server/domain/engine/evolve.ts';
import type { RunState, TaskState } from '#server/domain/engine/state.ts';
import { findRefs } from '#server/domain/payload-ref.ts';
import {
  isRunOver,
  isRunPaused,
  isTaskFailure,
  isTaskHeld,
  isTaskOver,
  isTaskQueued,
  isTaskReady,
  isTaskRetrying,
  isTaskSuccess,
} from '#server/domain/statuses.ts';
import type { Rule } from './rules.ts';

/** What one commit added to a run's sequence. */
export interface EventBlock {
  seqFrom: number;
  seqTo: number;
  at: number;
  entries: RunEvent[];
}

interface Complaint {
  rule: Rule;
  message: string;
}

export interface Told {
  blocks: readonly EventBlock[];
  /** Places of the tasks that are in the dead letters. */
  letters: readonly number[];
  /** Hand-outs that ended before their task did, as the history has them. */
  past: readonly PastHandOut[];
  /** Answers that came too late, and were put aside. */
  late: readonly LateHandOut[];
  /** Hashes of the objects that are kept for the run. */
  kept: ReadonlySet<string>;
}

export interface LateHandOut {
  task: number;
  epoch: number;
}

export interface PastHandOut {
  task: number;
  epoch: number;
  how: string;
}

/** What is wrong with one run, by its rows and its event sequence. */
export function auditRun(state: RunState, { blocks, letters, past, kept, late }: Told): Complaint[] {
  return [
    ...auditEnd(state),
    ...auditOpenTasks(state),
    ...auditOrder(state),
    ...auditAttempts(state),
    ...auditOutcomes(state, blocks),
    ...auditSequence(state, { blocks, past }),
    ...auditLetters(state, letters),
    ...auditEpochs(blocks),
    ...auditLate(state, late),
    ...auditKept(state, kept),
  ];
}

/** I1: a run that is over is over in every part; one that is not will be looked at again. */
function auditEnd(state: RunState): Complaint[] {
  const complaints: Complaint[] = [];
  const open = state.tasks.filter((task) => task && !isTaskOver(task.status));
  if (isRunOver(state.status)) {
    if (state.left > 0)
      complaints.push({
        rule: 'I1',
        message: `It has ended ${state.status} with ${state.left} tasks not over.`,
      });
    if (state.finishedAt === null)
      complaints.push({ rule: 'I1', message: 'It has ended and has no end time.' });
    if (state.wakeAt !== null)
      complaints.push({ rule: 'I1', message: 'It has ended and still has a wake-up time.' });
  } else {
    if (state.left === 0)
      complaints.push({ rule: 'I1', message: 'All its tasks are over and it has not ended.' });
    if (open.length === 0)
      complaints.push({ rule: 'I1', message: 'Nothing of it is open and it has not ended.' });
    if (state.wakeAt === null && !isRunPaused(state.status))
      complaints.push({ rule: 'I1', message: 'It is open and nothing will ever wake it.' });
  }
  return complaints;
}

/** The reconciler's rule: an open task has a lease, a message on its way, a timer, or a reason that is named. */
function auditOpenTasks(state: RunState): Complaint[] {
  return state.tasks.flatMap((task) => {
    if (!task || isTaskOver(task.status) || explainsItself(task)) return [];
    return [
      {
        rule: 'I1',
        message: `Task ${task.index} is ${task.status} with neither lease, message, timer nor named wait.`,
      },
    ];
  });
}

function explainsItself(task: TaskState): boolean {
  if (isTaskHeld(task.status)) return task.agent !== null && task.dueAt !== null && task.stopBy !== null;
  if (isTaskQueued(task.status)) return task.queue !== null && task.dueAt !== null;
  if (isTaskRetrying(task.status)) return task.dueAt !== null;
  if (isTaskReady(task.status)) return task.wait !== null;
  return false;
}

/** I3: nothing was handed out before what it depends on was over. */
function auditOrder(state: RunState): Complaint[] {
  const complaints: Complaint[] = [];
  for (const task of state.tasks) {
    if (!task || task.epoch === 0) continue;
    for (const edge of state.graph.incoming[task.index] ?? []) {
      const upstream = state.tasks[edge.from];
      if (!upstream || !isTaskOver(upstream.status)) {
        complaints.push({
          rule: 'I3',
          message: `Task ${task.index} was handed out before task ${edge.from} was over.`,
        });
      } else if (
        task.startedAt !== null &&
        upstream.finishedAt !== null &&
        task.startedAt < upstream.finishedAt
      ) {
        complaints.push({
          rule: 'I3',
          message: `Task ${task.index} started before task ${edge.from} had ended.`,
        });
      }
    }
  }
  return complaints;
}

/** I6: no more attempts than the policy allows. */
function auditAttempts(state: RunState): Complaint[] {
  return state.tasks.flatMap((task) => {
    const limit = task ? state.graph.stages[task.index]?.stage.retry.maxAttempts : undefined;
    if (!task || limit === undefined || task.attempt <= limit) return [];
    return [{ rule: 'I6', message: `Task ${task.index} has had ${task.attempt} of ${limit} attempts.` }];
  });
}

/** I2: each task has one outcome, and a success is that of the hand-out that the row names. */
function auditOutcomes(state: RunState, blocks: readonly EventBlock[]): Complaint[] {
  const outcomes = new Map<number, string[]>();
  for (const event of blocks.flatMap((block) => block.entries)) {
    if (event.type !== 'task.succeeded' && event.type !== 'task.failed' && event.type !== 'task.reused')
      continue;
    outcomes.set(event.task, [...(outcomes.get(event.task) ?? []), event.type]);
    const task = state.tasks[event.task];
    if (
      event.type === 'task.succeeded' &&
      (!task || !isTaskSuccess(task.status) || task.epoch !== event.epoch)
    ) {
      return [
        {
          rule: 'I2',
          message: `Task ${event.task} succeeded in hand-out ${event.epoch}, and its row says otherwise.`,
        },
      ];
    }
  }
  return [...outcomes].flatMap(([task, list]) =>
    list.length > 1
      ? [{ rule: 'I2', message: `Task ${task} has ${list.length} outcomes: ${list.join(', ')}.` }]
      : [],
  );
}

/** I5: each entry is of the hand-out that was current as it was written; only a new hand-out has a number of its own. */
function auditEpochs(blocks: readonly EventBlock[]): Complaint[] {
  const current = new Map<number, number>();
  for (const event of blocks.flatMap((block) => block.entries)) {
    if (!('task' in event) || !('epoch' in event)) continue;
    const { task, epoch, type } = event;
    const before = current.get(task) ?? 0;
    const isHandOut = type === 'task.queued' || type === 'task.started';
    if (epoch === before || (isHandOut && epoch === before + 1)) current.set(task, epoch);
    else {
      const message = `An entry (${type}) of task ${task} is of hand-out ${epoch}, and ${before} was the current one.`;
      return [{ rule: 'I5', message }];
    }
  }
  return [];
}

/** I5: what was put aside as too late belongs to a hand-out that there was. */
function auditLate(state: RunState, late: readonly LateHandOut[]): Complaint[] {
  return late.flatMap(({ task, epoch }): Complaint[] => {
    const handedOut = state.tasks[task]?.epoch ?? 0;
    if (epoch <= handedOut) return [];
    const message = `An answer to hand-out ${epoch} of task ${task} was put aside, and it has been handed out ${handedOut} times.`;
    return [{ rule: 'I5', message }];
  });
}

/** I14: what is set aside is what nobody could work on, all of it, and nothing else. */
function auditLetters(state: RunState, letters: readonly number[]): Complaint[] {
  const places = new Set([...letters, ...state.tasks.flatMap((task) => (task ? [task.index] : []))]);
  return [...places].flatMap((index): Complaint[] => {
    const task = state.tasks[index];
    const isMeant = task?.error != null && isTaskFailure(task.status) && isPoison(task.error);
    const count = letters.filter((place) => place === index).length;
    if (count === Number(isMeant)) return [];
    const verdict = isMeant ? 'was failed as poison' : 'was not failed as poison';
    return [{ rule: 'I14', message: `Task ${index} ${verdict} and has ${count} dead letters.` }];
  });
}

/** I8: the sequence has no hole, ends where the row says, and folded gives the rows. */
function auditSequence(state: RunState, { blocks, past }: Pick<Told, 'blocks' | 'past'>): Complaint[] {
  const complaints: Complaint[] = [];
  let next = 1;
  for (const block of blocks) {
    if (block.seqFrom !== next || block.seqTo - block.seqFrom + 1 !== block.entries.length) {
      complaints.push({
        rule: 'I8',
        message: `Entries ${block.seqFrom} to ${block.seqTo} (${block.entries.length} of them) follow number ${next - 1}.`,
      });
    }
    next = block.seqTo + 1;
  }
  if (next - 1 !== state.seq)
    complaints.push({
      rule: 'I8',
      message: `The sequence ends at ${next - 1} and the run says ${state.seq}.`,
    });
  if (complaints.length > 0) return complaints;
  const folded = fold(state, blocks);
  return [...compareFold(state, folded), ...comparePast(folded.ended, past)];
}

const TASK_FIELDS = ['status', 'epoch', 'attempt', 'losses', 'agent', 'skip'] as const;

type Folded = Pick<Draft, 'status' | 'tasks' | 'ended'>;

function compareFold(state: RunState, folded: Folded): Complaint[] {
  const complaints: Complaint[] = [];
  if (folded.status !== state.status) {
    complaints.push({
      rule: 'I8',
      message: `Its events make it ${folded.status}; its row says ${state.status}.`,
    });
  }
  for (let index = 0; index < state.tasks.length; index += 1) {
    const row = state.tasks[index];
    const told = folded.tasks[index];
    for (const field of TASK_FIELDS) {
      if (row?.[field] === told?.[field]) continue;
      complaints.push({
        rule: 'I8',
        message: `Task ${index}: events say ${field} ${String(told?.[field])}, the row ${String(row?.[field])}.`,
      });
    }
  }
  return complaints;
}

/** I12: the history of attempts tells of each hand-out that its events tell of, in the same word, and of no other. */
function comparePast(told: Folded['ended'], past: readonly PastHandOut[]): Complaint[] {
  const said = new Map(told.map(({ task, how }) => [`${task.index} ${task.epoch}`, how as string]));
  const kept = new Map(past.map(({ task, epoch, how }) => [`${task} ${epoch}`, how]));
  return [...new Set([...said.keys(), ...kept.keys()])].flatMap((place): Complaint[] => {
    const [task, epoch] = place.split(' ');
    const [event, row] = [said.get(place) ?? 'nothing', kept.get(place) ?? 'nothing'];
    if (event === row) return [];
    return [
      { rule: 'I12', message: `Hand-out ${epoch} of task ${task}: events say ${event}, its history ${row}.` },
    ];
  });
}

/** I15: what a run refers to is kept for it; else it is collected while the run still needs it. */
function auditKept(state: RunState, kept: ReadonlySet<string>): Complaint[] {
  const outputs = state.tasks.map((task) => task?.output ?? null);
  const needed = new Set(
    [state.input, state.parameters, ...outputs].flatMap((value) =>
      (findRefs(value) ?? []).map(({ $object }) => $object),
    ),
  );
  return [...needed]
    .filter((hash) => !kept.has(hash))
    .map((hash) => ({ rule: 'I15', message: `It refers to the object ${hash}, which is not kept for it.` }));
}

function fold(state: RunState, blocks: readonly EventBlock[]): Folded {
  const draft = openDraft(
    {
      ...state,
      status: 'running',
      seq: 0,
      tasks: new Array(state.tasks.length).fill(undefined),
      waitsFor: state.graph.incoming.map((edges) => edges.length),
      open: 0,
      left: state.tasks.length,
    },
    0,
  );
  for (const block of blocks) {
    draft.now = block.at;
    for (const event of block.entries) evolve(draft, event);
  }
  return draft;
}
