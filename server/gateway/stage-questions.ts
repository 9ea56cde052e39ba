import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import {
  addQuestion,
  endQuestion,
  findOpenQuestion,
  isQuestionNeeded,
  type OpenQuestion,
  readQuestion,
} from '#db/queries/mcp-questions.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { makeId, type OrgId, toUuid } from '#server/domain/ids.ts';
import type {
  Answers,
  Askable,
  Asking,
  Carried,
  QuestionPart,
  Questions,
  Resumed,
} from '#server/domain/mcp.ts';
import {
  isRunCancelling,
  isRunOver,
  isTaskOver,
  RUN_STATUSES,
  TASK_STATUSES,
} from '#server/domain/statuses.ts';
import { despiteOutages } from '#server/platform/despite-outages.ts';
import { KEEP_SECONDS } from './calls/approvals.ts';
import { OUR_REFUSAL } from './refusals.ts';
import type { SealedNotes } from './sign-ins/notes.ts';
import type { StandBy } from './stand-by.ts';

/** Which call of which hand-out it is. */
export interface StagePlace {
  orgId: OrgId;
  runUuid: string;
  taskIndex: number;
  epoch: number;
  /** Of what is called with what. */
  callHash: string;
  signal: AbortSignal;
  standBy: StandBy;
  onAsked(why: string): void;
}

/** What a server asks in the middle of one call of a stage. */
export interface StageQuestions {
  askable: Askable;
  /** The answers with which the call goes on that an earlier hand-out began; null: it begins here. */
  resume(): Promise<Resumed | null>;
  /** The call is over: nothing waits for an answer any more. */
  end(): Promise<void>;
}

export interface StageQuestionOptions {
  sql: Sql;
  notes: SealedNotes;
  newUuid(): string;
}

const LOOK_MS = 1000;
const OVER = {
  runs: RUN_STATUSES.filter((status) => isRunOver(status) || isRunCancelling(status)),
  tasks: TASK_STATUSES.filter(isTaskOver),
};

/**
 * The question waits in the database. Whoever asked keeps no session for it (a server of the new generation), so the call
 * goes on wherever the task is handed out next. Of a server of the old generation it hangs on a session of this process.
 */
export function createStageQuestions(
  { sql, notes, newUuid }: StageQuestionOptions,
  place: StagePlace,
): StageQuestions {
  const over = new AbortController();
  const signal = AbortSignal.any([place.signal, over.signal]);
  let current: { id: string; isAnswered: boolean } | null = null;

  async function write(questions: Questions, asking: Asking): Promise<string> {
    const id = newUuid().replaceAll('-', '');
    const { orgId, runUuid, taskIndex, epoch, callHash } = place;
    const { connectionUuid, tool, definitionHash, isRepeatable, sender, carried } = asking;
    const note = { orgUuid: toUuid(orgId), connectionUuid, name: `question-${id}` };
    if (carried) await notes.write(note, carried);
    const parts = Object.entries(questions).map(([name, { params }]): QuestionPart => ({ name, params }));
    await addQuestion(sql, {
      ...{ id, orgUuid: toUuid(orgId), connectionUuid, tool, definitionHash, isRepeatable, sender },
      ...{ runUuid, taskIndex, epoch, callHash, parts, keepSeconds: KEEP_SECONDS },
      carriedName: carried ? notes.nameOf(note) : null,
    });
    return id;
  }

  async function close(): Promise<void> {
    if (!current) return;
    await endQuestion(sql, current.id, current.isAnswered ? 'used' : 'lost');
    current = null;
  }

  /** Until people have answered. The clocks of the stage stand still meanwhile. */
  async function answersTo(
    question: Pick<OpenQuestion, 'id' | 'sender' | 'tool' | 'leftMs'>,
  ): Promise<Answers> {
    const { id, sender, tool, leftMs } = question;
    const questionId = makeId('mcpQuestion', id);
    place.onAsked(`${sender} asks something before it goes on with ${tool} (${questionId}).`);
    const wait = { code: 'question' as const, blockers: [questionId, sender, tool], ids: [questionId] };
    const state = await place.standBy(wait, leftMs, async () => {
      for (;;) {
        const now = await despiteOutages(() => readQuestion(sql, id), { signal });
        if (now?.state !== 'asked' || now.leftMs === 0) return now;
        await sleep(LOOK_MS, undefined, { signal });
      }
    });
    if (state?.answers) return state.answers;
    if (state) await endQuestion(sql, id, 'expired');
    throw unanswered(sender);
  }

  async function ask(questions: Questions, asking: Asking): Promise<Answers> {
    await close();
    const id = await write(questions, asking);
    current = { id, isAnswered: false };
    const { sender, tool } = asking;
    const answers = await answersTo({ id, sender, tool, leftMs: KEEP_SECONDS * 1000 });
    current.isAnswered = true;
    return answers;
  }

  async function resume(): Promise<Resumed | null> {
    // Also of a first hand-out: the broker delivers it again when a process has died before it could accept it.
    const found = await findOpenQuestion(sql, place);
    if (!found) return null;
    const { id, definitionHash, connectionUuid, orgUuid } = found;
    const carried =
      found.carriedName && (await notes.read<Carried>({ orgUuid, connectionUuid, name: `question-${id}` }));
    if (!carried) {
      await endQuestion(sql, id, 'lost');
      throw lost(found);
    }
    current = { id, isAnswered: false };
    const answers = found.answers ?? (await answersTo(found));
    current.isAnswered = true;
    return { ...carried, answers, definitionHash };
  }

  return {
    askable: { canFill: true, canOpen: true, canSample: false, canListRoots: false, ask },
    resume,
    async end() {
      over.abort();
      if (!current) return;
      if (!place.signal.aborted) return close();
      // Whether this process ends or the run is called off: only in the first case somebody goes on with it.
      if (!(await isQuestionNeeded(sql, current.id, OVER))) await endQuestion(sql, current.id, 'dropped');
    },
  };
}

function lost({ sender, tool, isRepeatable }: OpenQuestion): SignalboxError {
  const what = `The connection to ${sender} was lost while a question of its tool ${tool} waited for an answer, and the answer cannot reach it any more.`;
  // What the tool has done before it asked is not known, so it is only done again where it says that it may be.
  return isRepeatable
    ? new SignalboxError('UNAVAILABLE', what, { details: OUR_REFUSAL })
    : new SignalboxError('CONFLICT', what, {
        advice:
          'The tool does not say that it may be called twice: look what it has done, and replay from this stage.',
        details: OUR_REFUSAL,
      });
}

function unanswered(sender: string): SignalboxError {
  return new SignalboxError('CONFLICT', `Nobody has answered what ${sender} asked within a day.`, {
    advice: 'Replay from this stage to be asked again.',
    details: OUR_REFUSAL,
  });
}
