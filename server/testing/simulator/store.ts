import { toRunState } from '#db/queries/load-runs.ts';
import type { BatchRows, EventRow, OutboxRow, RunRow, TaskRow } from '#db/queries/rows.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { fromUuid, type RunId, toUuid } from '#server/domain/ids.ts';
import { isRunOver, isTaskOver, type RunStatus } from '#server/domain/statuses.ts';
import { demand } from './world.ts';

type RunRecord = Parameters<typeof toRunState>[0];
type TaskRecord = Parameters<typeof toRunState>[1][number];

export type CommitResult =
  | { ok: true; outboxIds: string[] }
  | { ok: false; kind: 'conflict' | 'known-message' | 'born' };

export interface StoredOutbox extends OutboxRow {
  id: string;
  createdAt: number;
}

/** Postgres as far as the engine leans on it: batches that are written whole or not at all, and what stays of them. */
export interface Store {
  commit(batch: BatchRows, now: number): CommitResult;
  load(ids: Iterable<RunId>): Map<RunId, RunState>;
  dueRuns(now: number): RunId[];
  openRuns(): RunId[];
  runIds(): RunId[];
  eventsOf(id: RunId): readonly EventRow[];
  outbox: Map<string, StoredOutbox>;
  inbox: ReadonlySet<string>;
  slots: ReadonlyMap<string, number>;
}

const text = (at: number | null): string | null => (at === null ? null : String(at));

export function createStore(graphOf: (versionId: string) => CompiledGraph): Store {
  const runs = new Map<string, RunRecord>();
  const tasks = new Map<string, Map<number, TaskRecord>>();
  const events = new Map<string, EventRow[]>();
  const outbox = new Map<string, StoredOutbox>();
  const inbox = new Set<string>();
  const slots = new Map<string, number>();
  let outboxId = 0;

  /** The checks of `commitBatch`: revisions, row counts, unique indexes, slots. */
  function refuse(batch: BatchRows): CommitResult | null {
    const heard = new Set(batch.inbox.map(({ messageId }) => messageId));
    if (heard.size < batch.inbox.length || [...heard].some((id) => inbox.has(id)))
      return { ok: false, kind: 'known-message' };
    if (batch.runs.some((run) => run.birth && runs.has(run.id))) return { ok: false, kind: 'born' };
    const hasMoved = batch.runs.some((run) => !run.birth && runs.get(run.id)?.revision !== run.revision);
    const isUnlike = batch.tasks.some(
      (row) => row.task.stored !== (tasks.get(row.runId)?.has(row.index) ?? false),
    );
    const isTaken = batch.slots.some(({ orgId, key, change, limit }) => {
      const used = (slots.get(`${orgId} ${key}`) ?? 0) + change;
      return used < 0 || (change > 0 && used > limit);
    });
    return hasMoved || isUnlike || isTaken ? { ok: false, kind: 'conflict' } : null;
  }

  function writeRun(row: RunRow): void {
    const known = runs.get(row.id);
    demand(!known || !isRunOver(known.status), () => `run ${row.id} is over and was written again (I2)`);
    const birth = row.birth;
    runs.set(row.id, {
      id: row.id,
      org_id: row.orgId,
      pipeline_id: birth ? birth.pipelineId : (known?.pipeline_id ?? null),
      version_id: birth?.versionId ?? known?.version_id ?? '',
      input: birth?.input ?? known?.input ?? null,
      parameters: birth?.parameters ?? known?.parameters ?? {},
      created_at: String(birth?.createdAt ?? known?.created_at),
      status: row.status as RunStatus,
      seq: row.seq,
      revision: known ? row.revision + 1 : row.revision,
      wake_at: text(row.wakeAt),
      deadline_at: text(row.deadlineAt),
      force_at: text(row.forceAt),
      failing: row.failing,
      error: row.error,
      finished_at: text(row.finishedAt),
    });
  }

  function writeTask({ runId, index, agentId, task }: TaskRow): void {
    const ofRun = tasks.get(runId) ?? new Map<number, TaskRecord>();
    tasks.set(runId, ofRun);
    const known = ofRun.get(index);
    demand(
      !known || !isTaskOver(known.status),
      () => `task ${index} of ${runId} is over and was written again (I2)`,
    );
    demand(!known || known.epoch <= task.epoch, () => `the epoch of task ${index} of ${runId} fell (I5)`);
    ofRun.set(index, {
      run_id: runId,
      idx: index,
      status: task.status,
      epoch: task.epoch,
      attempt: task.attempt,
      losses: task.losses,
      agent_id: agentId,
      queue: task.queue,
      ready_at: text(task.readyAt),
      started_at: text(task.startedAt),
      finished_at: text(task.finishedAt),
      due_at: text(task.dueAt),
      queue_by: text(task.queueBy),
      stop_by: text(task.stopBy),
      progress: task.progress,
      output: task.output ?? null,
      error: task.error,
      skip: task.skip,
      wait: task.wait,
      routing: task.routing,
    });
  }

  function writeEvents(row: EventRow): void {
    const known = events.get(row.runId) ?? [];
    events.set(row.runId, known);
    const last = known.at(-1)?.seqTo ?? 0;
    const isDense = row.seqFrom === last + 1 && row.seqTo === last + row.entries.length;
    demand(isDense, () => `the sequence of ${row.runId} has a gap or a doubled entry after ${last} (I8)`);
    known.push(row);
  }

  function commit(batch: BatchRows, now: number): CommitResult {
    const refusal = refuse(batch);
    if (refusal) return refusal;
    batch.runs.forEach(writeRun);
    batch.tasks.forEach(writeTask);
    batch.events.forEach(writeEvents);
    for (const { messageId } of batch.inbox) inbox.add(messageId);
    for (const { orgId, key, change } of batch.slots) {
      const id = `${orgId} ${key}`;
      slots.set(id, (slots.get(id) ?? 0) + change);
    }
    const outboxIds = batch.outbox.map((row) => {
      outboxId += 1;
      outbox.set(String(outboxId), { ...row, id: String(outboxId), createdAt: now });
      return String(outboxId);
    });
    return { ok: true, outboxIds };
  }

  const idsWhere = (isMeant: (run: RunRecord) => boolean): RunId[] =>
    [...runs.values()].filter(isMeant).map((run) => fromUuid('run', run.id));

  return {
    commit,
    load(ids) {
      const states = new Map<RunId, RunState>();
      for (const id of ids) {
        const run = runs.get(toUuid(id));
        if (!run) continue;
        const rows = [...(tasks.get(run.id)?.values() ?? [])];
        states.set(id, toRunState(run, rows, graphOf(fromUuid('ver', run.version_id))));
      }
      return states;
    },
    dueRuns: (now) => idsWhere((run) => run.wake_at !== null && Number(run.wake_at) <= now),
    openRuns: () => idsWhere((run) => !isRunOver(run.status)),
    runIds: () => idsWhere(() => true),
    eventsOf: (id) => events.get(toUuid(id)) ?? [],
    outbox,
    inbox,
    slots,
  };
}
