/** What travels. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Data that somebody else has shaped: whoever uses it knows what it is. */
// biome-ignore lint/suspicious/noExplicitAny: anything narrower would be cast away in every handler.
export type Payload = any;

export interface Connection {
  /** Left out: SIGNALBOX_URL, or http://127.0.0.1:3000. */
  url?: string | undefined;
  /** Left out: SIGNALBOX_TOKEN. */
  token?: string | undefined;
}

/** Which of them are tried again is the stage's `retry.on`; without one: agent, timeout, rate-limited, internal. */
export type ErrorClass =
  | 'agent'
  | 'timeout'
  | 'invalid-input'
  | 'invalid-output'
  | 'rate-limited'
  | 'lost'
  | 'internal';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ObjectRef {
  $object: string;
  bytes?: number;
  contentType?: string;
  name?: string;
}

export type Priority = 'high' | 'medium' | 'low';
export type RunStatus = 'running' | 'paused' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
export type TaskWord = 'pending' | 'running' | 'completed' | 'failed' | 'retrying';

export interface TaskError {
  class: ErrorClass;
  code: string;
  message: string;
  details?: JsonObject;
}

export interface StageBody {
  name: string;
  /** The capability that an agent must offer. */
  type: string;
  required?: boolean;
  /** Seconds for one attempt. */
  timeout?: number;
  /** `key`, `config`, `input`, `retry` and the rest of the graph's format. */
  [field: string]: unknown;
}

export interface PipelineBody {
  name: string;
  description?: string;
  tags?: readonly string[];
  stages: readonly StageBody[];
  /** Stages by their place or key. */
  dependencies?: readonly { from: number | string; to: number | string; [field: string]: unknown }[];
  input_schema?: JsonObject;
  parameters_schema?: JsonObject;
  /** Seconds for a run. */
  deadline?: number;
}

export interface Version {
  id: string;
  number: number;
  content_hash: string;
  note: string;
  created_at: string;
}

export interface Pipeline {
  id: string;
  pipeline_id: string;
  name: string;
  description: string;
  tags: string[];
  draft: { revision: number; document: JsonObject } | null;
  version: (Version & { graph: JsonObject }) | null;
  created_at: string;
  updated_at: string;
}

export interface PipelineItem {
  id: string;
  pipeline_id: string;
  name: string;
  description: string;
  tags: string[];
  stages: number;
  draft_revision: number | null;
  version: number | null;
  created_at: string;
  updated_at: string;
}

export interface RunSummary {
  id: string;
  run_id: string;
  pipeline_id: string | null;
  version_id: string;
  status: RunStatus;
  /** The number of its last event. */
  seq: number;
  /** 0 to 1. */
  progress: number;
  tasks_total: number;
  tasks_left: number;
  trigger: string;
  error: TaskError | null;
  replay_of: string | null;
  replay_from: string | null;
  created_at: string;
  finished_at: string | null;
  updated_at: string;
}

export interface Waiting {
  code: string;
  sentence: string;
  blockers: string[];
  blocker_ids: string[];
  since: string | null;
  way_out: string;
}

export interface StageTask {
  task_id: string;
  stage: number;
  key: string;
  name: string;
  type: string;
  status: TaskWord;
  /** The same, more exactly: the engine's word. */
  state: string;
  attempt: number;
  progress: number;
  assigned_agent: string | null;
  ready_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  output: Payload;
  error: TaskError | null;
  skipped_because: string | null;
  /** Why it does not run. */
  waiting: Waiting | null;
  /** It handles what is marked sensitive: `{ $hidden: 'sensitive' }` stands for that, and `reveal` shows it. */
  is_sensitive: boolean;
  routing: Json;
}

export interface Run extends RunSummary {
  input: Payload;
  parameters: JsonObject;
  metadata: JsonObject;
  deadline_at: string | null;
  stages: StageTask[];
}

export interface TaskBody {
  /** The capability that an agent must offer. */
  type: string;
  payload?: unknown;
  priority?: Priority;
  /** Seconds. */
  timeout?: number;
  retry_count?: number;
  /** With `stage`: that stage of the pipeline, on its own. */
  pipeline_id?: string;
  stage?: number;
}

export interface Revealed {
  /** Null where a stage was asked for. */
  given: { input: Payload; parameters: JsonObject } | null;
  task: {
    task_id: string;
    key: string;
    output: Payload;
    error: TaskError | null;
    /** Of each hand-out. */
    attempts: { epoch: number; error: TaskError | null }[];
    /** To go on with its attempts; null: these are all. */
    next_attempts_after: number | null;
    logs: RunLogEntry[];
    /** To go on with its log. */
    next_cursor: string | null;
  } | null;
}

export interface LogEntry {
  timestamp: string;
  level: LogLevel;
  message: string;
  fields: JsonObject | null;
  epoch: number;
}

/** `line` counts within a hand-out (`epoch`) of its stage. */
export interface RunLogEntry extends LogEntry {
  task_id: string;
  /** The place in the graph. */
  stage: number;
  line: number;
}

export interface TaskDetail extends StageTask {
  run_id: string;
  pipeline_id: string | null;
  updated_at: string;
  logs: LogEntry[];
}

/** One entry of a run's dense sequence. `task` is the stage's place in the graph. */
export interface RunEvent {
  seq: number;
  at: string;
  type: string;
  task?: number;
  progress?: number;
  note?: string;
  error?: TaskError;
  agent?: string;
  epoch?: number;
  [field: string]: unknown;
}

export interface AgentInfo {
  id: string;
  name: string;
  instance: string;
  type: string;
  status: string;
  capabilities: string[];
  labels: string[];
  transport: string;
  version: string;
  resources: JsonObject | null;
  max_concurrency: number;
  /** Share of its room that is taken, 0 to 1. */
  current_load: number;
  last_heartbeat: string | null;
  reason: string | null;
  registered_at: string;
}

export interface QueueInfo {
  queue: string;
  messages: number;
  consumers: number;
  unacked: number;
  oldest_age_ms: number | null;
}

export interface DeadLetter {
  id: string;
  message_id: string;
  queue: string;
  reason: string;
  dead_at: string | null;
  redeliveries: number;
  priority: string;
  /** Of what lies in it. */
  bytes: number;
}
