import type { RunEvent, TaskError } from '#server/domain/engine/events.ts';
import type { TaskState } from '#server/domain/engine/state.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { HandOutName, SeatRow } from './agent-seats.ts';

/** What one commit of the engine writes, ready for the database: bare uuids, milliseconds. */
export interface BatchRows {
  runs: RunRow[];
  tasks: TaskRow[];
  attempts: AttemptRow[];
  events: EventRow[];
  outbox: OutboxRow[];
  inbox: InboxRow[];
  keys: IdempotencyRow[];
  slots: SlotRow[];
  letters: LetterRow[];
  /** Taken in this commit. */
  seats: SeatRow[];
  /** Hand-outs that end in this commit and may have sat somewhere. */
  unseated: HandOutName[];
  audit: AuditRow[];
}

export interface RunRow {
  id: string;
  orgId: string;
  /** The revision it was decided on; for a birth its first. */
  revision: number;
  status: string;
  seq: number;
  wakeAt: number | null;
  deadlineAt: number | null;
  forceAt: number | null;
  failing: TaskError | null;
  error: TaskError | null;
  /** See `server/domain/error-group.ts`. */
  errorGroup: string | null;
  tasksLeft: number;
  finishedAt: number | null;
  birth?: RunBirth;
}

export interface RunBirth {
  pipelineId: string | null;
  versionId: string;
  input: Json;
  parameters: JsonObject;
  metadata: JsonObject;
  /** See `server/domain/run-labels.ts`. */
  labels: readonly string[];
  notification: Json;
  trigger: string;
  replayOf: string | null;
  replayFrom: string | null;
  tasksTotal: number;
  createdAt: number;
}

export interface TaskRow {
  runId: string;
  orgId: string;
  index: number;
  stageKey: string;
  capability: string;
  agentId: string | null;
  task: TaskState;
}

export interface AttemptRow {
  runId: string;
  orgId: string;
  agentId: string | null;
  ended: string;
  finishedAt: number;
  error: TaskError | null;
  task: TaskState;
}

export interface EventRow {
  runId: string;
  orgId: string;
  seqFrom: number;
  seqTo: number;
  at: number;
  entries: RunEvent[];
}

export interface OutboxRow {
  queue: string;
  priority: number;
  body: string;
}

export interface InboxRow {
  messageId: string;
}

export interface IdempotencyRow {
  orgId: string;
  key: string;
  requestHash: string;
  runId: string;
}

/** A task that is set aside for people. */
export interface LetterRow {
  orgId: string;
  queue: string;
  reason: string;
  body: string;
  runId: string;
  index: number;
}

/** A tenant's notes, in their order. */
export interface AuditRow {
  orgId: string;
  bodies: JsonObject[];
}

/** A lease taken (+1) or ended (-1) under a concurrency key. */
export interface SlotRow {
  orgId: string;
  key: string;
  change: number;
  limit: number;
}
