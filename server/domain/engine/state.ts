import type { CompiledGraph } from '../graph/compile.ts';
import type { AgentId, OrgId, PipelineId, RunId, VersionId } from '../ids.ts';
import type { Json, JsonObject } from '../json.ts';
import type { RunStatus, TaskStatus } from '../statuses.ts';
import type { Routing, SkipReason, TaskError, Wait } from './events.ts';

/** One task as the engine sees it. Times are milliseconds of the database's clock. */
export interface TaskState {
  readonly index: number;
  readonly status: TaskStatus;
  /** Grows with every hand-out; an answer with another one changes nothing. */
  readonly epoch: number;
  /** Attempts charged to the budget so far, the current one included. */
  readonly attempt: number;
  /** Attempts that ended without an answer. Not charged, but capped. */
  readonly losses: number;
  /** Who holds it, or held it last. */
  readonly agent: AgentId | null;
  readonly queue: string | null;
  readonly readyAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Held: the lease ends. Queued: the message is looked for again. Retrying: the next attempt is due. */
  readonly dueAt: number | null;
  /** Nobody may take longer than this to start it. */
  readonly queueBy: number | null;
  /** The attempt may not take longer than this. */
  readonly stopBy: number | null;
  readonly progress: number;
  readonly output: Json | undefined;
  readonly error: TaskError | null;
  readonly skip: SkipReason | null;
  readonly wait: Wait | null;
  readonly routing: Routing | null;
  /** A row exists, so the change is an update. Set by whoever loads or has committed it. */
  readonly stored: boolean;
}

export interface RunState {
  readonly id: RunId;
  readonly orgId: OrgId;
  readonly pipelineId: PipelineId | null;
  readonly versionId: VersionId;
  readonly graph: CompiledGraph;
  readonly input: Json;
  readonly parameters: JsonObject;
  readonly status: RunStatus;
  /** Number of the last entry of the event sequence. */
  readonly seq: number;
  /** Grows with every commit; a commit on an older one is refused. */
  readonly revision: number;
  /** A failure has settled the verdict; only handlers of failure still start. */
  readonly failing: TaskError | null;
  readonly deadlineAt: number | null;
  /** When cancelling: what still runs is cut off then. */
  readonly forceAt: number | null;
  /** Nothing falls due before this moment; null when nothing ever does. A lower bound, moved forward by ticks. */
  readonly wakeAt: number | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** The latest moment at which a task of it became ready, started or ended: nothing that follows is written down as earlier. */
  readonly movedAt: number;
  readonly error: TaskError | null;
  /** By place. `undefined` is a task that still waits for others. */
  readonly tasks: readonly (TaskState | undefined)[];
  /** How many upstream tasks of each place are not over. */
  readonly waitsFor: readonly number[];
  /** Tasks that are neither untouched nor over. */
  readonly open: number;
  /** Tasks that are not over. */
  readonly left: number;
  /** A row exists. */
  readonly stored: boolean;
}

export function untouchedTask(index: number): TaskState {
  return {
    index,
    status: 'pending',
    epoch: 0,
    attempt: 0,
    losses: 0,
    agent: null,
    queue: null,
    readyAt: null,
    startedAt: null,
    finishedAt: null,
    dueAt: null,
    queueBy: null,
    stopBy: null,
    progress: 0,
    output: undefined,
    error: null,
    skip: null,
    wait: null,
    routing: null,
    stored: false,
  };
}
