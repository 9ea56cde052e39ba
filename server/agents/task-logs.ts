import type { Sql } from '#db/client.ts';
import { parseTaskId, type TaskId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { LogLevel } from './agent.ts';

export interface TaskLogLine {
  taskId: TaskId;
  epoch: number;
  line: number;
  atMs: number;
  level: LogLevel;
  message: string;
  fields?: JsonObject;
}

export interface TaskLogs {
  write(line: TaskLogLine): void;
  flush(): Promise<void>;
}

const FLUSH_MS = 200;
const MAX_KEPT = 20_000;
const MAX_BATCH = 1_000;
/** Postgres cannot keep this character in a text, and an agent may well send it. */
const NUL = '\u0000';

/** Lines of agents, written in batches. Best effort by design: when the database is away for long, the oldest are lost. */
export function createTaskLogs(sql: Sql, onTrouble: (message: string, error: unknown) => void): TaskLogs {
  let lines: TaskLogLine[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function writeAll(): Promise<void> {
    while (lines.length > 0) {
      const batch = lines.slice(0, MAX_BATCH);
      try {
        await insertLines(sql, batch);
        lines = lines.slice(batch.length);
      } catch (error) {
        onTrouble('Log lines of tasks could not be written; they are tried again.', error);
        schedule();
        return;
      }
    }
  }

  function schedule(): void {
    timer ??= setTimeout(() => void flush(), FLUSH_MS).unref();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeAll);
    return writing;
  }

  return {
    write(line) {
      lines.push(line);
      if (lines.length > MAX_KEPT) lines = lines.slice(-MAX_KEPT);
      schedule();
    },
    flush,
  };
}

async function insertLines(sql: Sql, lines: readonly TaskLogLine[]): Promise<void> {
  const rows = lines.flatMap(({ taskId, message, fields, ...line }) => {
    const place = parseTaskId(taskId);
    const text = message.replaceAll(NUL, '\ufffd');
    return place
      ? [{ ...line, run: toUuid(place.runId), idx: place.index, message: text, fields: fields ?? null }]
      : [];
  });
  const body = JSON.stringify(rows).replaceAll('\\u0000', '\\ufffd');
  await sql`
    INSERT INTO task_stage_logs (run_id, idx, epoch, line, org_id, at, level, message, fields)
    SELECT r.id, l.idx, l.epoch, l.line, r.org_id, to_timestamp(l."atMs" / 1000), l.level, l.message, l.fields
    FROM json_to_recordset(${body}::text::json)
      AS l (run text, idx int, epoch int, line int, "atMs" float8, level text, message text, fields json)
    JOIN runs r ON r.id = l.run::uuid
    ON CONFLICT DO NOTHING`;
}
