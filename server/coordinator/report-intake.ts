import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import { partOf } from '#db/parts.ts';
import type { Happening, Outcome, Reply } from '#server/domain/engine/happenings.ts';
import { type AgentId, type OrgId, parseTaskId, type RunId, type TaskId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { Report } from '#server/domain/messages.ts';
import type { ReportAnswer, Reporter, ReportSink } from '#server/domain/reports.ts';
import { type HotState, PROGRESS_STREAM_CAP, type StreamCap } from '#server/redis/port.ts';
import type { Engine } from './engine.ts';
import { epochKey, readEpochs, storeLateAnswer } from './late-answers.ts';
import { createLogWriter, type LogLine } from './log-writer.ts';
import { createRunStream } from './run-stream.ts';

export interface ReportIntakeOptions {
  sql: Sql;
  hot: HotState;
  /** How much of what is said about a run is kept there, and for how long. */
  streamCap?: StreamCap;
  engine: Pick<Engine, 'tell' | 'tellAll'>;
  /** Large outputs go to the object store before the engine sees the answer. */
  keepOutcome?(owner: { runId: RunId; orgId: OrgId }, outcome: Outcome): Outcome | Promise<Outcome>;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

export interface ReportIntake extends ReportSink {
  /** Resolves when all lines that came are written. */
  drain(): Promise<void>;
}

/** Half a minute: then its lease has ended, and somebody else does the task again. */
const KEEP_TRIES = 11;

interface Item {
  /** Its place among the reports. */
  at: number;
  runId: RunId;
  orgId: OrgId;
  index: number;
  report: Report;
  happening: Happening;
}

interface Refused {
  item: Item;
  message: string;
  isOthers: boolean;
}

/** What agents say, for every transport the same: what counts goes to the engine, lines to the log, both to the stream. */
export function createReportIntake(options: ReportIntakeOptions): ReportIntake {
  const { sql, engine } = options;
  const logs = createLogWriter(sql, options.onTrouble);
  const stream = createRunStream(options.hot, options.streamCap ?? PROGRESS_STREAM_CAP);

  async function report(
    from: Reporter,
    reports: readonly Report[],
    messageId?: string,
  ): Promise<ReportAnswer[]> {
    const items: Item[] = [];
    const lines: LogLine[] = [];
    reports.forEach((each, at) => {
      const place = parseTaskId(each.task_id);
      if (!place) return;
      if (each.type === 'log') lines.push(toLine(from, place, each));
      else {
        const happening = toHappening(from, place.index, each);
        items.push({ at, ...place, orgId: from.orgId, report: each, happening });
      }
    });
    await Promise.all(items.map((item) => keepPayload(from, item)));
    const [replies, kept] = await both(tellEngine(items, messageId), logs.write(lines));
    for (const line of kept) stream.log(line);
    const answers: ReportAnswer[] = reports.map(() => ({ status: 'ok' }));
    const stale: Refused[] = [];
    items.forEach((item, nth) => {
      const reply = replies[nth];
      if (reply === undefined) return;
      if (reply.ok) {
        answers[item.at] = agree(reply);
        if (item.report.type === 'beat' && item.report.progress !== undefined)
          stream.progress(item, item.report);
      } else if (reply.code === 'NO_RUN') answers[item.at] = unknownTask(item.report);
      else stale.push({ item, message: reply.message, isOthers: reply.code === 'HELD_BY_ANOTHER' });
    });
    if (stale.length > 0) await answerStale(from, stale, answers);
    return answers;
  }

  async function keepPayload({ orgId }: Reporter, item: Item): Promise<void> {
    const { runId, happening } = item;
    if (happening.type !== 'result' || !options.keepOutcome) return;
    const kept = options.keepOutcome({ runId, orgId }, happening.outcome);
    item.happening = { ...happening, outcome: kept instanceof Promise ? await kept : kept };
  }

  /** An agent in this process has nobody who would send its answer again: a store that is away is waited for. */
  async function insist(
    first: Promise<Outcome>,
    { runId, from, outcome }: { runId: RunId; from: Reporter; outcome: Outcome },
  ): Promise<Outcome> {
    let keeping: Outcome | Promise<Outcome> = first;
    for (let tries = 1; ; tries += 1) {
      try {
        return await keeping;
      } catch (error) {
        if (tries >= KEEP_TRIES) throw error;
        options.onTrouble('An output could not be stored; it is tried again.', error);
        await sleep(Math.min(100 * 2 ** tries, 5000));
        keeping = options.keepOutcome?.({ runId, orgId: from.orgId }, outcome) ?? outcome;
      }
    }
  }

  /** All of one message in one commit with its id. A message over two weeks' runs is one commit a week. */
  async function tellEngine(items: readonly Item[], messageId: string | undefined): Promise<Reply[]> {
    if (messageId === undefined) {
      return Promise.all(
        items.map(({ runId, happening, orgId }) => engine.tell(runId, happening, { orgId })),
      );
    }
    const replies: Reply[] = new Array(items.length);
    const parts = new Map<string, number[]>();
    items.forEach(({ runId }, nth) => {
      const part = partOf(runId);
      const own = parts.get(part);
      if (own) own.push(nth);
      else parts.set(part, [nth]);
    });
    await Promise.all(
      [...parts].map(async ([part, own]) => {
        const id = parts.size === 1 ? messageId : `${messageId} ${part}`;
        const answers = await engine.tellAll(
          id,
          own.map((nth) => items[nth] as Item),
        );
        answers.forEach((answer, place) => {
          replies[own[place] as number] = answer;
        });
      }),
    );
    return replies;
  }

  async function answerStale(
    from: Reporter,
    stale: readonly Refused[],
    answers: ReportAnswer[],
  ): Promise<void> {
    const epochs = await readEpochs(
      sql,
      stale.map(({ item }) => item),
    ).catch(() => new Map<string, number>());
    for (const { item, message, isOthers } of stale) {
      const epoch = epochs.get(epochKey(item.runId, item.index)) ?? null;
      answers[item.at] = { status: 'stale', epoch, reason: message, ...(isOthers ? { isOthers } : {}) };
      if (isAnswer(item.report)) await storeLate(from.agentId, item, message);
    }
  }

  async function storeLate(
    agentId: AgentId,
    item: Pick<Item, 'runId' | 'index' | 'report'>,
    reason: string,
  ): Promise<void> {
    const { runId, index, report: said } = item;
    const { epoch, task_id: _task, ...answer } = said;
    const late = { runId, index, epoch, agentId, reason, answer: answer as Json };
    // For people to see; the agent is told the same whether it could be kept or not.
    await storeLateAnswer(sql, late).catch((error) =>
      options.onTrouble('A late answer could not be kept.', error),
    );
  }

  return {
    report,
    async result(from, { taskId, epoch, outcome }) {
      const place = parseTaskId(taskId);
      if (!place) throw new Error(`not a task: ${taskId}`);
      const { runId, index } = place;
      const keeping = options.keepOutcome?.({ runId, orgId: from.orgId }, outcome) ?? outcome;
      const kept = keeping instanceof Promise ? await insist(keeping, { runId, from, outcome }) : keeping;
      const happening: Happening = {
        ...{ type: 'result', task: index, epoch, agent: from.agentId },
        outcome: kept,
      };
      const reply = await engine.tell(runId, happening, { orgId: from.orgId });
      if (reply.ok) return agree(reply);
      const report = toReport(taskId, epoch, outcome);
      if (reply.code === 'NO_RUN') return unknownTask(report);
      if (isAnswer(report)) await storeLate(from.agentId, { runId, index, report }, reply.message);
      return { status: 'stale', epoch: null, reason: reply.message };
    },
    async accept(from, assignment) {
      const place = parseTaskId(assignment.task_id);
      if (!place) return null;
      const { epoch } = assignment;
      const happening = { type: 'accept' as const, task: place.index, epoch, agent: from.agentId };
      const reply = await engine.tell(place.runId, happening, { orgId: from.orgId });
      if (!reply.ok || 'repeated' in reply) return null;
      return { leaseUntil: reply.task?.leaseUntil ?? null };
    },
    async keepLate(agentId, reports, reason) {
      for (const each of reports) {
        const place = parseTaskId(each.task_id);
        if (place && isAnswer(each)) await storeLate(agentId, { ...place, report: each }, reason);
      }
    },
    drain: logs.drain,
  };

  function toLine(
    from: Reporter,
    place: { runId: RunId; index: number },
    said: Report & { type: 'log' },
  ): LogLine {
    const { epoch, line, level, message, fields } = said;
    const at = said.at === undefined ? options.now() : Date.parse(said.at);
    return { ...place, orgId: from.orgId, epoch, line, at, level, message, fields: fields ?? null };
  }
}

/** Reports with something in them that is worth keeping when it came too late. */
const ANSWERS: ReadonlySet<Report['type']> = new Set(['succeeded', 'failed']);
const isAnswer = (report: Report): boolean => ANSWERS.has(report.type);

type Counting = Exclude<Report, { type: 'log' }>;
type TellBy = {
  [Type in Counting['type']]: (said: Extract<Counting, { type: Type }>) => HappeningBody;
};
type HappeningBody =
  | { type: 'accept' }
  | { type: 'beat'; progress?: number; note?: string }
  | { type: 'release' }
  | { type: 'result'; outcome: Outcome };

const TELL_BY: TellBy = {
  accepted: () => ({ type: 'accept' }),
  beat: ({ progress, note }) => ({
    type: 'beat',
    ...(progress === undefined ? {} : { progress }),
    ...(note === undefined ? {} : { note }),
  }),
  released: () => ({ type: 'release' }),
  succeeded: ({ output }) => ({ type: 'result', outcome: { status: 'succeeded', output } }),
  failed: ({ error: { details, ...error } }) => ({
    type: 'result',
    outcome: { status: 'failed', error: details === undefined ? error : { ...error, details } },
  }),
  cancelled: () => ({ type: 'result', outcome: { status: 'cancelled' } }),
};

function toHappening(from: Reporter, index: number, said: Counting): Happening {
  const tell = TELL_BY[said.type] as (said: Counting) => HappeningBody;
  return { ...tell(said), task: index, epoch: said.epoch, agent: from.agentId };
}

function toReport(taskId: TaskId, epoch: number, outcome: Outcome): Report {
  const { status, ...rest } = outcome;
  return { type: status, task_id: taskId, epoch, ...rest } as Report;
}

/** What is told again must not meet itself: a failure of one counts when the other has come to its end as well. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** Also for a task of another tenant: that it exists is nothing that a stranger is told. */
const unknownTask = ({ task_id }: Report): ReportAnswer => ({
  status: 'unknown',
  reason: `There is no task ${task_id}.`,
});

function agree(reply: Reply & { ok: true }): ReportAnswer {
  if ('repeated' in reply || reply.task === undefined) return { status: 'ok' };
  if (reply.task.stop) return { status: 'stop', reason: 'the run is being cancelled' };
  return reply.task.leaseUntil === null
    ? { status: 'ok' }
    : { status: 'ok', leaseUntil: reply.task.leaseUntil };
}
