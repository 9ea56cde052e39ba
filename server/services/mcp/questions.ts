import { and, eq, exists, getTableColumns, gt, notInArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { mcpQuestions, runs, tasks } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import {
  fromUuid,
  idSchema,
  type McpConnectionId,
  type McpQuestionId,
  type RunId,
  type TaskId,
  taskId,
  toUuid,
} from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import {
  type AnswerAction,
  type Answers,
  QUESTION_STATES,
  type QuestionPart,
  type QuestionState,
} from '#server/domain/mcp.ts';
import {
  isRunCancelling,
  isRunOver,
  isTaskOver,
  RUN_STATUSES,
  TASK_STATUSES,
} from '#server/domain/statuses.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { bornFields, bornWithin, restOf, stretchOf } from '../born-page.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { isKeptFrom, type MarkedRun, marksOfRuns } from '../run/marks-of-runs.ts';
import { answersSchema, saidTo } from './said.ts';

const listSchema = z.strictObject({
  ...pageFields,
  state: z.enum(QUESTION_STATES).optional(),
  runId: idSchema('run').optional(),
  connectionId: idSchema('mcpConnection').optional(),
  tool: z.string().min(1).max(128).optional(),
  ...bornFields,
});
const answerSchema = z.strictObject({
  id: idSchema('mcpQuestion'),
  answers: answersSchema,
});

/** What a server asks before it goes on with a call that a stage makes, or what people have said. */
export interface QuestionView {
  id: McpQuestionId;
  connectionId: McpConnectionId;
  sender: string;
  tool: string;
  runId: RunId;
  taskId: TaskId;
  state: QuestionState;
  /** Null for those who may not see payloads, or what is marked sensitive of them. */
  parts: QuestionPart[] | null;
  actions: Record<string, AnswerAction> | null;
  decidedBy: string | null;
  decidedAt: Date | null;
  expiresAt: Date;
  createdAt: Date;
}

type Row = typeof mcpQuestions.$inferSelect;

const OVER_RUNS = RUN_STATUSES.filter((status) => isRunOver(status) || isRunCancelling(status));
const OVER_TASKS = TASK_STATUSES.filter(isTaskOver);

/** Newest first, unless asked otherwise. */
export async function listQuestions(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<QuestionView>> {
  authorise(actor, 'mcp.read');
  const { limit, cursor, order, ...filter } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `mcp-questions ${order}` };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const walk = {
      table: mcpQuestions,
      place: mcpQuestions.id,
      order,
      after,
      ...conditionsOf(tx, actor, filter),
    };
    const stretch = await stretchOf(tx, walk);
    const rows = await tx
      .select({
        ...getTableColumns(mcpQuestions),
        isAwaited: sql<boolean>`${isAwaited(tx)}`,
        isExpired: sql<boolean>`${mcpQuestions.expiresAt} <= now()`,
      })
      .from(mcpQuestions)
      .where(stretch.where)
      .orderBy(stretch.orderBy)
      .limit(limit + 1);
    const rest = restOf(stretch, rows.length, limit);
    const marked = await marksOfRuns(tx, services, runIdsOf(rows));
    return toPage(
      rows,
      { ...paging, rest },
      {
        placeOf: ({ id }) => [id],
        toItems: (row) => toView(actor, { ...row, state: stateOf(row) }, marked),
      },
    );
  });
}

type Filter = Omit<z.output<typeof listSchema>, 'limit' | 'cursor' | 'order'>;

function conditionsOf(
  tx: TenantTransaction,
  actor: Actor,
  { state, runId, connectionId, tool, ...created }: Filter,
) {
  return {
    within: and(
      eq(mcpQuestions.orgId, toUuid(actor.orgId)),
      bornWithin({ id: mcpQuestions.id, at: mcpQuestions.createdAt }, created),
    ),
    leads: [
      runId === undefined ? undefined : eq(mcpQuestions.runId, toUuid(runId)),
      state === undefined
        ? undefined
        : and(eq(mcpQuestions.state, state), state === 'asked' ? isAwaited(tx) : undefined),
    ],
    asked: [
      connectionId === undefined ? undefined : eq(mcpQuestions.connectionId, toUuid(connectionId)),
      tool === undefined ? undefined : eq(mcpQuestions.tool, tool),
    ],
  };
}

/** Whoever waited may have ended without a word. */
function stateOf(row: Row & { isAwaited: boolean; isExpired: boolean }): QuestionState {
  if (row.state !== 'asked' || row.isAwaited) return row.state;
  return row.isExpired ? 'expired' : 'dropped';
}

/** Somebody works on its task, or will; and the session in which it was asked is there as long as its hand-out is. */
function isAwaited(tx: TenantTransaction) {
  const work = tx
    .select({ one: sql`1` })
    .from(tasks)
    .innerJoin(runs, eq(runs.id, tasks.runId))
    .where(
      and(
        eq(tasks.runId, mcpQuestions.runId),
        eq(tasks.index, mcpQuestions.taskIndex),
        notInArray(tasks.status, OVER_TASKS),
        notInArray(runs.status, OVER_RUNS),
        sql`(${mcpQuestions.carriedName} IS NOT NULL OR ${tasks.epoch} = ${mcpQuestions.epoch})`,
      ),
    );
  return and(gt(mcpQuestions.expiresAt, sql`now()`), exists(work));
}

/** The first who answers is heard; to whoever comes later it is said who that was. */
export async function answerQuestion(
  services: Services,
  actor: Actor,
  input: z.input<typeof answerSchema>,
): Promise<QuestionView> {
  authorise(actor, 'mcp.decide');
  const { id, answers } = parseInput(answerSchema, input);
  return inTenant(services.db, actor.orgId, async (tx) => {
    const here = eq(mcpQuestions.id, toUuid(id));
    const [known] = await tx.select().from(mcpQuestions).where(here);
    if (!known) throw notFound('MCP question', id);
    const marked = await marksOfRuns(tx, services, runIdsOf([known]));
    if (!toView(actor, known, marked).parts) throw unseen();
    const said = saidTo(known.parts, answers);
    const actions = Object.fromEntries(
      Object.entries(said).map(([name, { action }]) => [name, action as AnswerAction]),
    );
    const [row] = await tx
      .update(mcpQuestions)
      .set({ state: 'answered', answers: said, actions, decidedBy: actor.name, decidedAt: sql`now()` })
      .where(and(here, eq(mcpQuestions.state, 'asked'), isAwaited(tx)))
      .returning();
    if (!row) throw await tooLate(tx, id);
    const run = marked.get(fromUuid('run', row.runId));
    const isQuiet = run === undefined || (run.marks.stages[row.taskIndex]?.isQuiet ?? true);
    const after = { ...noteOf(row, isQuiet ? null : said), actions };
    await noteIn(tx, auditNote(actor, 'mcp-question.answered', { target: id, after }));
    return toView(actor, row, marked);
  });
}

const MAX_NOTED = 4000;

/** What was asked, for the audit. What people have written only where nothing of the stage is sensitive. */
function noteOf({ tool, connectionId, sender, parts }: Row, said: Answers | null): JsonObject {
  const about = { tool, connection: connectionId, sender };
  if (!said) return about;
  const written = Object.fromEntries(
    Object.entries(said).flatMap(([name, { content }]) => (content === undefined ? [] : [[name, content]])),
  );
  const isShort = JSON.stringify(written).length <= MAX_NOTED;
  return {
    ...about,
    asked: parts.map(({ params }) => String(params.message ?? '').slice(0, 500)),
    ...(isShort ? { written } : {}),
  };
}

const runIdsOf = (rows: readonly Row[]): RunId[] => rows.map(({ runId }) => fromUuid('run', runId));

function toView(actor: Actor, row: Row, marked: ReadonlyMap<RunId, MarkedRun>): QuestionView {
  const { tool, sender, state, actions, decidedBy, decidedAt, expiresAt, createdAt, taskIndex } = row;
  const runId = fromUuid('run', row.runId);
  const isKept = isKeptFrom(actor, marked.get(runId), taskIndex);
  const isShown = !isKept && (may(actor, 'mcp.decide') || may(actor, 'run.payload'));
  return {
    id: fromUuid('mcpQuestion', row.id),
    connectionId: fromUuid('mcpConnection', row.connectionId),
    ...{ tool, sender, state, actions, decidedBy, decidedAt, expiresAt, createdAt, runId },
    taskId: taskId(runId, taskIndex),
    parts: isShown ? row.parts : null,
  };
}

function unseen(): SignalboxError {
  return new SignalboxError(
    'FORBIDDEN',
    'The question is of a stage that handles what is marked sensitive.',
    {
      advice: 'Ask somebody who may see sensitive values to answer it.',
    },
  );
}

async function tooLate(tx: TenantTransaction, id: McpQuestionId): Promise<SignalboxError> {
  const [row] = await tx
    .select()
    .from(mcpQuestions)
    .where(eq(mcpQuestions.id, toUuid(id)));
  const by = row?.decidedBy;
  const why = by
    ? `${by} has answered ${id} before.`
    : `Nobody waits for an answer to ${id} any more: its call has ended, or it took too long.`;
  return new SignalboxError('CONFLICT', why, { advice: 'List the questions again.' });
}
