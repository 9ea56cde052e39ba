/** The calls that send and fetch what travels. */

import type { Problem, RevealBody, RunBody, Verdict } from './bodies.d.mts';
import type {
  AgentInfo,
  Connection,
  DeadLetter,
  JsonObject,
  LogEntry,
  LogLevel,
  ObjectRef,
  Payload,
  Pipeline,
  PipelineBody,
  PipelineItem,
  QueueInfo,
  Revealed,
  Run,
  RunEvent,
  RunLogEntry,
  RunStatus,
  RunSummary,
  TaskBody,
  TaskDetail,
  Version,
} from './wire.d.mts';

export interface ClientOptions extends Connection {
  /** For one request; 30 s. */
  timeoutMs?: number;
  /** How long a request is tried again that may be; 30 s. */
  retryForMs?: number;
  fetch?: typeof globalThis.fetch;
}

export interface PageQuery {
  limit?: number;
  cursor?: string;
  [filter: string]: unknown;
}

export interface RunQuery extends PageQuery {
  status?: RunStatus | readonly RunStatus[];
  pipeline_id?: string;
}

export interface FollowOptions {
  /** The last number seen; 0 for all. */
  after?: number;
  signal?: AbortSignal | undefined;
}

export interface LogOptions {
  /** Goes on until the run has ended. */
  follow?: boolean;
  /** One place in the graph; left out, all. */
  stage?: number | undefined;
  /** This level and worse ones. */
  level?: LogLevel | undefined;
  /** Words that the message must hold. */
  search?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface OnceOptions {
  /** Made for each call when left out, so that a request that is sent again has effect once. */
  idempotencyKey?: string;
}

export interface Client {
  readonly pipelines: {
    list(query?: PageQuery): Promise<{ pipelines: PipelineItem[]; next_cursor: string | null }>;
    /** Every page, item by item. */
    all(query?: PageQuery): AsyncGenerator<PipelineItem, void, void>;
    /** Its first version is published at once. */
    create(body: PipelineBody, options?: OnceOptions): Promise<Pipeline>;
    import(
      body: {
        name: string;
        text: string;
        format?: 'yaml' | 'json';
        description?: string;
        publish?: boolean;
      },
      options?: OnceOptions,
    ): Promise<Pipeline>;
    /** Judges a pipeline without keeping it. */
    validate(body: { document: object } | { text: string; format?: 'yaml' | 'json' }): Promise<Verdict>;
    get(id: string): Promise<Pipeline>;
    updateDraft(
      id: string,
      body: { revision: number; document: object; description?: string },
    ): Promise<{ revision: number; problems: Problem[] }>;
    publish(
      id: string,
      body?: { note?: string; revision?: number },
    ): Promise<{ version: Version; is_new: boolean }>;
    /** All of them, the newest first. */
    versions(id: string): Promise<Version[]>;
    export(id: string, query?: { format?: 'yaml' | 'json'; version?: number }): Promise<string>;
  };
  readonly runs: {
    list(query?: RunQuery): Promise<{ runs: RunSummary[]; next_cursor: string | null }>;
    all(query?: RunQuery): AsyncGenerator<RunSummary, void, void>;
    start(pipelineId: string, body?: RunBody, options?: OnceOptions): Promise<Run>;
    /** `brief`: without what went in and came out, which may be large. */
    get(id: string, query?: { brief?: boolean }): Promise<Run>;
    /** Agents are asked to stop, and cut off after the grace period. */
    cancel(id: string, body?: { grace_seconds?: number }): Promise<Run>;
    pause(id: string): Promise<Run>;
    resume(id: string): Promise<Run>;
    kill(id: string): Promise<Run>;
    /** A new run that reuses what came before the stage `from`. */
    replay(
      id: string,
      body?: {
        from?: string;
        version?: 'original' | 'newest';
        input_data?: unknown;
        parameters?: Record<string, unknown>;
      },
      options?: OnceOptions,
    ): Promise<Run>;
    /** What is marked sensitive, for those who may: the audit tells of each time. */
    reveal(id: string, body?: RevealBody): Promise<Revealed>;
    events(
      id: string,
      query?: { after?: number; limit?: number },
    ): Promise<{
      status: RunStatus;
      last_seq: number;
      events: { seq: number; at: string; event: JsonObject }[];
    }>;
    /** Every event once, live, until the run has ended; over broken lines and restarts of the server. */
    follow(id: string, options?: FollowOptions): AsyncGenerator<RunEvent, void, void>;
    /** Every line once, in order of time (of some thousands at a time where there are more). */
    logs(id: string, options?: LogOptions): AsyncGenerator<RunLogEntry, void, void>;
    /** The run when it has ended. */
    wait(id: string, options?: { signal?: AbortSignal | undefined }): Promise<Run>;
    object(id: string, ref: ObjectRef): Promise<Uint8Array>;
  };
  readonly tasks: {
    submit(body: TaskBody, options?: OnceOptions): Promise<TaskDetail>;
    get(id: string): Promise<TaskDetail>;
    wait(id: string, options?: { signal?: AbortSignal | undefined }): Promise<TaskDetail>;
    /** Submits it and waits for its end, whichever that is. */
    run(body: TaskBody, options?: OnceOptions & { signal?: AbortSignal | undefined }): Promise<TaskDetail>;
    /** Its last lines: 1,000, or as many as are asked for up to 10,000. `runs.logs` reads all of them. */
    logs(id: string, query?: { limit?: number }): Promise<LogEntry[]>;
    /** `attempt`: the one to be followed, as the task showed it; refused (CONFLICT) when it is at another by now. */
    retry(id: string, options?: { attempt?: number }): Promise<Run>;
  };
  readonly agents: {
    /** All of them, over as many pages as it takes. */
    list(query?: PageQuery): Promise<AgentInfo[]>;
    get(id: string): Promise<AgentInfo>;
    order(
      id: string,
      body: { order: 'drain' | 'pause' | 'quarantine' | 'resume'; reason: string },
    ): Promise<AgentInfo>;
  };
  readonly queues: {
    list(query?: PageQuery): Promise<QueueInfo[]>;
    /** All of them, over as many pages as it takes; with a `limit`, no more than that. */
    deadLetters(query?: PageQuery): Promise<DeadLetter[]>;
    replayDeadLetter(id: string): Promise<void>;
    discardDeadLetter(id: string, body: { reason: string }): Promise<void>;
  };
  /** Any other path below /api/v1. */
  request(
    method: string,
    path: string,
    more?: { body?: unknown; query?: Record<string, unknown> },
  ): Promise<Payload>;
}
