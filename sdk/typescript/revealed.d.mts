import type { JsonObject, LogEntry, Payload, TaskError } from './wire.d.mts';

export interface RevealBody {
  /** Its place in the pipeline; left out: what the run was given. */
  stage?: number;
  /** For those who read the audit. */
  reason?: string;
  limit?: number;
  cursor?: string;
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
    logs: (LogEntry & { task_id: string; stage: number; line: number })[];
    /** To go on with its log. */
    next_cursor: string | null;
  } | null;
}
