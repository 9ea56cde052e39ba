import type { JsonObject } from './json.ts';
import type { LogLevel } from './messages.ts';

/** What an agent said of a task while it worked on it, as hot state keeps it for a while. */
export type Said = {
  /** Later ones have later ids: what came since is asked for by it. */
  id: string;
  at: Date;
  /** The task's place in its run. */
  stage: number;
  epoch: number;
} & (
  | { type: 'progress'; progress: number | null; note: string | null }
  | { type: 'log'; line: number; level: LogLevel; message: string; fields: JsonObject | null }
);
