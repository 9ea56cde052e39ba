import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { isTaskOut, isTaskOver } from '#server/domain/statuses.ts';
import type { Sql } from '../client.ts';
import { type Column, Parameters, readColumn, toArrayLiteral } from '../columns.ts';
import type { HandOutName, SeatRow } from './agent-seats.ts';
import type {
  AttemptRow,
  AuditRow,
  BatchRows,
  EventRow,
  IdempotencyRow,
  InboxRow,
  LetterRow,
  OutboxRow,
  RunRow,
  SlotRow,
  TaskRow,
} from './rows.ts';

export interface CommitFacts {
  /** By the database's clock, for ours to be set by. */
  nowMs: number;
  /** What its rows say of when they were written: a moment before, under a lock a long one. */
  writtenMs: number;
  outboxIds: string[];
}

/**
 * One batch of decisions, whole or not at all, in ONE statement: one round trip, one commit, however many runs.
 *
 * No lock is taken beforehand. Each run is updated only at the revision it was decided on; if any one has moved in
 * the meantime, or a concurrency slot is gone, or a message was counted before, `refuse_commit` or a unique index
 * aborts the statement and nothing of it stays. The caller then loads those runs under a lock and decides again.
 */
export async function commitBatch(sql: Sql, part: string, batch: BatchRows): Promise<CommitFacts> {
  const { text, values } = buildCommit(part, batch);
  const [row] = await sql.unsafe<[{ now_ms: number; written_ms: number; outbox_ids: string[] | null }]>(
    text,
    values,
    {
      prepare: true,
    },
  );
  const { now_ms, written_ms, outbox_ids } = row;
  return { nowMs: Number(now_ms), writtenMs: Number(written_ms), outboxIds: outbox_ids ?? [] };
}

const HOME = toUuid(DEFAULT_ORG_ID);

const RUN_KEY: Column<RunRow>[] = [
  { name: 'id', kind: 'uuid', get: (row) => row.id },
  { name: 'revision', kind: 'int', get: (row) => row.revision },
];
const RUN_STATE: Column<RunRow>[] = [
  { name: 'status', kind: 'word', get: (row) => row.status },
  { name: 'seq', kind: 'int', get: (row) => row.seq },
  { name: 'wake_at', kind: 'ms', get: (row) => row.wakeAt },
  { name: 'deadline_at', kind: 'ms', get: (row) => row.deadlineAt },
  { name: 'force_at', kind: 'ms', get: (row) => row.forceAt },
  { name: 'failing', kind: 'json', get: (row) => row.failing },
  { name: 'error', kind: 'json', get: (row) => row.error },
  { name: 'error_group', kind: 'word', get: (row) => row.errorGroup },
  { name: 'tasks_left', kind: 'int', get: (row) => row.tasksLeft },
  { name: 'finished_at', kind: 'ms', get: (row) => row.finishedAt },
];
const RUN_BIRTH: Column<RunRow>[] = [
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'pipeline_id', kind: 'uuid', get: (row) => row.birth?.pipelineId },
  { name: 'version_id', kind: 'uuid', get: (row) => row.birth?.versionId },
  { name: 'input', kind: 'json', get: (row) => row.birth?.input },
  { name: 'parameters', kind: 'json', get: (row) => row.birth?.parameters },
  { name: 'metadata', kind: 'json', get: (row) => row.birth?.metadata },
  { name: 'labels', kind: 'word', get: (row) => toArrayLiteral(row.birth?.labels) },
  { name: 'notification', kind: 'json', get: (row) => row.birth?.notification },
  { name: 'trigger', kind: 'word', get: (row) => row.birth?.trigger },
  { name: 'replay_of', kind: 'uuid', get: (row) => row.birth?.replayOf },
  { name: 'replay_from', kind: 'word', get: (row) => row.birth?.replayFrom },
  { name: 'tasks_total', kind: 'int', get: (row) => row.birth?.tasksTotal },
  { name: 'created_at', kind: 'ms', get: (row) => row.birth?.createdAt },
];

const TASK_KEY: Column<TaskRow>[] = [
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
  { name: 'idx', kind: 'int', get: (row) => row.index },
];
const TASK_BIRTH: Column<TaskRow>[] = [
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'stage_key', kind: 'word', get: (row) => row.stageKey },
  { name: 'capability', kind: 'word', get: (row) => row.capability },
];
const TASK_STATE: Column<TaskRow>[] = [
  { name: 'status', kind: 'word', get: (row) => row.task.status },
  { name: 'epoch', kind: 'int', get: (row) => row.task.epoch },
  { name: 'attempt', kind: 'int', get: (row) => row.task.attempt },
  { name: 'losses', kind: 'int', get: (row) => row.task.losses },
  { name: 'agent_id', kind: 'uuid', get: (row) => row.agentId },
  { name: 'queue', kind: 'word', get: (row) => row.task.queue },
  { name: 'ready_at', kind: 'ms', get: (row) => row.task.readyAt },
  { name: 'started_at', kind: 'ms', get: (row) => row.task.startedAt },
  { name: 'finished_at', kind: 'ms', get: (row) => row.task.finishedAt },
  { name: 'due_at', kind: 'ms', get: (row) => row.task.dueAt },
  { name: 'queue_by', kind: 'ms', get: (row) => row.task.queueBy },
  { name: 'stop_by', kind: 'ms', get: (row) => row.task.stopBy },
  { name: 'progress', kind: 'real', get: (row) => row.task.progress },
  { name: 'output', kind: 'json', get: (row) => row.task.output },
  { name: 'error', kind: 'json', get: (row) => row.task.error },
  { name: 'skip', kind: 'word', get: (row) => row.task.skip },
  { name: 'wait', kind: 'json', get: (row) => row.task.wait },
  { name: 'routing', kind: 'json', get: (row) => row.task.routing },
];

/**
 * Nearly all writes to `tasks` are a hand-out of a task that had no row, and the end of one that had. Both leave most
 * columns empty or as they were, so each has a list of its own; whatever else happens writes every column.
 */
const HANDED_OUT = [
  ...TASK_KEY,
  ...TASK_BIRTH,
  ...without(TASK_STATE, ['finished_at', 'output', 'error', 'skip', 'wait']),
];
const FRESH = [...TASK_KEY, ...TASK_BIRTH, ...TASK_STATE];
const ENDED = [
  'status',
  'epoch',
  'attempt',
  'losses',
  'agent_id',
  'started_at',
  'finished_at',
  'progress',
  'output',
  'error',
];
const ENDED_STATE = TASK_STATE.filter((column) => ENDED.includes(column.name));
const ENDED_CLEARS = ['queue', 'due_at', 'queue_by', 'stop_by', 'wait'];

function without<Row>(columns: Column<Row>[], names: readonly string[]): Column<Row>[] {
  return columns.filter((column) => !names.includes(column.name));
}

const isFirstHandOut = ({ task }: TaskRow): boolean =>
  !task.stored && isTaskOut(task.status) && task.error === null && task.wait === null;
const isPlainEnd = ({ task }: TaskRow): boolean =>
  task.stored && isTaskOver(task.status) && task.skip === null && task.finishedAt !== null && task.epoch > 0;

const ATTEMPT: Column<AttemptRow>[] = [
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
  { name: 'idx', kind: 'int', get: (row) => row.task.index },
  { name: 'epoch', kind: 'int', get: (row) => row.task.epoch },
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'attempt', kind: 'int', get: (row) => row.task.attempt },
  { name: 'agent_id', kind: 'uuid', get: (row) => row.agentId },
  { name: 'ended', kind: 'word', get: (row) => row.ended },
  { name: 'ready_at', kind: 'ms', get: (row) => row.task.readyAt },
  { name: 'started_at', kind: 'ms', get: (row) => row.task.startedAt },
  { name: 'finished_at', kind: 'ms', get: (row) => row.finishedAt },
  { name: 'error', kind: 'json', get: (row) => row.error },
  { name: 'routing', kind: 'json', get: (row) => row.task.routing },
];

const EVENT: Column<EventRow>[] = [
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
  { name: 'seq_from', kind: 'int', get: (row) => row.seqFrom },
  { name: 'seq_to', kind: 'int', get: (row) => row.seqTo },
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'at', kind: 'ms', get: (row) => row.at },
  { name: 'entries', kind: 'json', get: (row) => row.entries },
];

const OUTBOX: Column<OutboxRow>[] = [
  { name: 'queue', kind: 'word', get: (row) => row.queue },
  { name: 'priority', kind: 'int', get: (row) => row.priority },
  { name: 'body', kind: 'word', get: (row) => row.body },
];
const INBOX: Column<InboxRow>[] = [{ name: 'message_id', kind: 'word', get: (row) => row.messageId }];
const IDEMPOTENCY: Column<IdempotencyRow>[] = [
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'key', kind: 'word', get: (row) => row.key },
  { name: 'request_hash', kind: 'word', get: (row) => row.requestHash },
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
];
const LETTER: Column<LetterRow>[] = [
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'queue', kind: 'word', get: (row) => row.queue },
  { name: 'reason', kind: 'word', get: (row) => row.reason },
  { name: 'body', kind: 'word', get: (row) => row.body },
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
  { name: 'task_idx', kind: 'int', get: (row) => row.index },
];
const SLOT: Column<SlotRow>[] = [
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'key', kind: 'word', get: (row) => row.key },
  { name: 'change', kind: 'int', get: (row) => row.change },
  { name: 'cap', kind: 'int', get: (row) => row.limit },
];

const SEAT: Column<SeatRow>[] = [
  { name: 'agent_id', kind: 'uuid', get: (row) => row.agentId },
  { name: 'seat', kind: 'int', get: (row) => row.seat },
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
  { name: 'idx', kind: 'int', get: (row) => row.index },
  { name: 'epoch', kind: 'int', get: (row) => row.epoch },
];
const UNSEATED: Column<HandOutName>[] = [
  { name: 'run_id', kind: 'uuid', get: (row) => row.runId },
  { name: 'idx', kind: 'int', get: (row) => row.index },
  { name: 'epoch', kind: 'int', get: (row) => row.epoch },
];

const AUDIT: Column<AuditRow>[] = [
  { name: 'org_id', kind: 'uuid', get: (row) => row.orgId },
  { name: 'bodies', kind: 'json', get: (row) => row.bodies },
];

/** Enums and lists are passed as words and cast where they are written. */
function written<Row>(table: string, alias: string, column: Column<Row>): string {
  const value = readColumn(alias, column);
  if (column.name === 'labels') return `${value}::text[]`;
  if (column.name !== 'status') return value;
  return `${value}::${table.startsWith('runs') ? 'run_status' : 'task_status'}`;
}

function insertRows<Row>(
  parameters: Parameters,
  { table, columns }: { table: string; columns: Column<Row>[] },
  rows: Row[],
): string {
  const source = parameters.rows('n', columns, rows);
  const names = columns.map((column) => column.name).join(', ');
  const values = columns.map((column) => written(table, 'n', column)).join(', ');
  return `INSERT INTO ${table} (${names}) SELECT ${values} FROM ${source}`;
}

function updateRows<Row>(
  parameters: Parameters,
  target: { table: string; key: Column<Row>[]; set: Column<Row>[]; clear?: string[] },
  rows: Row[],
): string {
  const { table, key, set, clear = [] } = target;
  const source = parameters.rows('n', [...key, ...set], rows);
  const assignments = [
    ...set.map((column) => `${column.name} = ${written(table, 'n', column)}`),
    ...clear.map((name) => `${name} = NULL`),
  ];
  const match = key.map((column) => `t.${column.name} = n.${column.name}`).join(' AND ');
  const touch = table.startsWith('runs') ? ', revision = t.revision + 1, updated_at = now()' : '';
  return `UPDATE ${table} t SET ${assignments.join(', ')}${touch} FROM ${source} WHERE ${match}`;
}

function kindOfTaskWrite(row: TaskRow): 'first hand-out' | 'end' | 'fresh' | 'known' {
  if (isFirstHandOut(row)) return 'first hand-out';
  if (isPlainEnd(row)) return 'end';
  return row.task.stored ? 'known' : 'fresh';
}

interface Statement {
  parameters: Parameters;
  week: string;
  /** `expected`: how many rows it must touch; where it says so it has no RETURNING of its own. */
  part(name: string, sql: string, expected?: number): void;
  /** For a part with a RETURNING of its own. */
  expectRows(name: string, expected: number): void;
}

function writeRuns({ parameters, week, part, expectRows }: Statement, runs: RunRow[]): void {
  const moved = runs.filter((run) => !run.birth);
  const born = runs.filter((run) => run.birth);
  const hasEnds = runs.some((run) => run.finishedAt !== null);
  if (moved.length) {
    const target = { table: `runs_${week}`, key: RUN_KEY, set: RUN_STATE };
    const returning = hasEnds ? 't.id, t.org_id, t.notification, t.finished_at' : '1';
    part('moved', `${updateRows(parameters, target, moved)} RETURNING ${returning}`);
    expectRows('moved', moved.length);
  }
  if (born.length) {
    const columns = [...RUN_KEY, ...RUN_STATE, ...RUN_BIRTH];
    const source = parameters.rows('n', columns, born);
    part(
      'born',
      `INSERT INTO runs_${week} (${columns.map((column) => column.name).join(', ')}, updated_at)
       SELECT ${columns.map((column) => written('runs', 'n', column)).join(', ')}, now() FROM ${source}
       ${hasEnds ? 'RETURNING id, org_id, notification, finished_at' : ''}`,
    );
  }
  if (hasEnds)
    part('ends', announceEnds([...(moved.length ? ['moved'] : []), ...(born.length ? ['born'] : [])]));
}

/** Only the parts that have rows are in the text, so a small commit runs a small plan; each mix is planned once. */
function buildCommit(week: string, batch: BatchRows): { text: string; values: (string | null)[] } {
  const parameters = new Parameters();
  const parts: string[] = [];
  const checks: string[] = [];
  const expectRows = (name: string, expected: number) => {
    checks.push(`(SELECT count(*) FROM ${name}) = ${parameters.add(String(expected))}::text::int`);
  };
  const part = (name: string, sql: string, expected?: number) => {
    parts.push(`${name} AS (${sql}${expected === undefined ? '' : ' RETURNING 1'})`);
    if (expected !== undefined) expectRows(name, expected);
  };
  const tasks = Object.groupBy(batch.tasks, kindOfTaskWrite);
  const bornIn = orgsOfBirths(batch.runs);
  // First of all that waits for anybody: whoever closes an organisation takes its lock first too.
  if (bornIn.length) checks.push(`admit_births(${parameters.add(`{${bornIn.join(',')}}`)}::text::uuid[])`);
  writeRuns({ parameters, week, part, expectRows }, batch.runs);
  const { 'first hand-out': handedOut = [], end: ended = [], fresh = [], known = [] } = tasks;
  const table = `tasks_${week}`;
  if (handedOut.length) part('handed', insertRows(parameters, { table, columns: HANDED_OUT }, handedOut));
  if (ended.length) {
    const target = { table, key: TASK_KEY, set: ENDED_STATE, clear: ENDED_CLEARS };
    part('ended', updateRows(parameters, target, ended), ended.length);
  }
  if (fresh.length) part('fresh', insertRows(parameters, { table, columns: FRESH }, fresh));
  if (known.length)
    part('known', updateRows(parameters, { table, key: TASK_KEY, set: TASK_STATE }, known), known.length);
  if (batch.attempts.length)
    part('past', insertRows(parameters, { table: `attempts_${week}`, columns: ATTEMPT }, batch.attempts));
  if (batch.events.length)
    part('told', insertRows(parameters, { table: `run_events_${week}`, columns: EVENT }, batch.events));
  if (batch.inbox.length)
    part('heard', insertRows(parameters, { table: 'inbox', columns: INBOX }, batch.inbox));
  if (batch.keys.length)
    part('keyed', insertRows(parameters, { table: 'idempotency_keys', columns: IDEMPOTENCY }, batch.keys));
  if (batch.letters.length)
    part('aside', insertRows(parameters, { table: 'dead_letters', columns: LETTER }, batch.letters));
  if (batch.slots.length) part('slots', changeSlots(parameters, batch.slots), batch.slots.length);
  // The primary key refuses a seat that is taken. No commit takes a seat that it frees, so their order does not matter.
  if (batch.seats.length)
    part('seated', insertRows(parameters, { table: 'agent_seats', columns: SEAT }, batch.seats));
  if (batch.unseated.length) part('unseated', leaveSeats(parameters, batch.unseated));
  if (batch.audit.length) checks.push(noteAll(parameters, batch.audit));
  const outbox = batch.outbox.length > 0;
  if (outbox)
    parts.push(
      `sent AS (${insertRows(parameters, { table: 'outbox', columns: OUTBOX }, batch.outbox)} RETURNING id)`,
    );
  // Not that of the transaction's beginning: under a lock it may have waited for long since then.
  const now = 'clock_timestamp()';
  const guard = checks.length
    ? `CASE WHEN ${checks.join(' AND ')} THEN ${now} ELSE refuse_commit('stale') END`
    : now;
  const text = `WITH ${parts.join(',\n')}
    SELECT extract(epoch FROM ${guard}) * 1000 AS now_ms, extract(epoch FROM now()) * 1000 AS written_ms,
      ${outbox ? '(SELECT array_to_json(array_agg(id::text ORDER BY id)) FROM sent)' : 'NULL::json'} AS outbox_ids`;
  return { text, values: parameters.values };
}

/** In which a run is born here, but for the one that nobody can close: an installation without others pays nothing. */
function orgsOfBirths(runs: readonly RunRow[]): string[] {
  const orgs = runs.flatMap(({ birth, orgId }) => (birth && orgId !== HOME ? [orgId] : []));
  return [...new Set(orgs)].sort();
}

/**
 * A row for each run that ends here and that somebody listens to, by its own wish or as a target of its tenant. A run
 * that nobody listens to costs a look into an index and writes nothing.
 */
function announceEnds(sources: string[]): string {
  const runs = sources.map((name) => `SELECT id, org_id, notification, finished_at FROM ${name}`);
  return `INSERT INTO notification_outbox (org_id, run_id)
    SELECT r.org_id, r.id FROM (${runs.join(' UNION ALL ')}) r
    WHERE r.finished_at IS NOT NULL AND (coalesce(r.notification::text, 'null') NOT IN ('null', '{}')
      OR EXISTS (SELECT FROM notification_targets t WHERE t.org_id = r.org_id AND t.active))`;
}

/** A call of a function is made only where its result is asked for, so it is one of the checks. */
function noteAll(parameters: Parameters, notes: AuditRow[]): string {
  const source = parameters.rows('n', AUDIT, notes);
  return `(SELECT count(audit_append(n.org_id, n.bodies)) FROM ${source}) = ${notes.length}`;
}

function leaveSeats(parameters: Parameters, handOuts: HandOutName[]): string {
  const source = parameters.rows('n', UNSEATED, handOuts);
  return `DELETE FROM agent_seats s USING ${source}
    WHERE s.run_id = n.run_id AND s.idx = n.idx AND s.epoch = n.epoch`;
}

/**
 * A slot is taken only while one is left; a row that misses makes the whole commit fail. What gives slots back is never
 * refused: a count that was wrong must not keep a run from going on.
 */
function changeSlots(parameters: Parameters, slots: SlotRow[]): string {
  const source = parameters.rows('n', SLOT, slots);
  return `UPDATE concurrency_slots s SET used = greatest(s.used + n.change, 0) FROM ${source}
    WHERE s.org_id = n.org_id AND s.key = n.key AND (n.change <= 0 OR s.used + n.change <= n.cap)`;
}
