import type { Sql } from '#db/client.ts';
import { type Column, Parameters, readColumn } from '#db/columns.ts';
import { partOf } from '#db/parts.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { type OrgId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { classifyFailure } from './failures.ts';

export interface LogLine {
  runId: RunId;
  /** Of the agent that said it: a line for another tenant's run is not kept. */
  orgId: OrgId;
  index: number;
  epoch: number;
  line: number;
  at: number;
  level: string;
  message: string;
  fields: Json;
}

export interface LogWriter {
  /** Resolves when the lines are durable, with those that were new and had a task of their tenant to belong to. */
  write(lines: readonly LogLine[]): Promise<LogLine[]>;
  /** Resolves when nothing waits. */
  drain(): Promise<void>;
}

interface Waiting {
  lines: readonly LogLine[];
  resolve(kept: LogLine[]): void;
  reject(error: unknown): void;
}

const MAX_BATCH = 2000;
const MAX_WAITING = 50_000;

const COLUMNS: Column<LogLine>[] = [
  { name: 'run_id', kind: 'uuid', get: (row) => toUuid(row.runId) },
  { name: 'idx', kind: 'int', get: (row) => row.index },
  { name: 'epoch', kind: 'int', get: (row) => row.epoch },
  { name: 'line', kind: 'int', get: (row) => row.line },
  { name: 'org_id', kind: 'uuid', get: (row) => toUuid(row.orgId) },
  { name: 'at', kind: 'ms', get: (row) => row.at },
  { name: 'level', kind: 'word', get: (row) => row.level },
  // Postgres has no place for NUL in a text.
  { name: 'message', kind: 'word', get: (row) => row.message.replaceAll('\0', '\uFFFD') },
  { name: 'fields', kind: 'json', get: (row) => row.fields },
];

/** One statement at a time takes all lines that came meanwhile. The same line twice is kept once. */
export function createLogWriter(sql: Sql, onTrouble: (message: string, error: unknown) => void): LogWriter {
  let queue: Waiting[] = [];
  let count = 0;
  let running: Promise<void> | null = null;

  function takeBatch(): Waiting[] {
    let size = 0;
    let end = 0;
    while (end < queue.length && size < MAX_BATCH) size += queue[end++]?.lines.length ?? 0;
    const batch = queue.slice(0, end);
    queue = queue.slice(end);
    count -= size;
    return batch;
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const batch = takeBatch();
      try {
        const kept = new Set(
          await insertLines(
            sql,
            batch.flatMap((each) => each.lines),
          ),
        );
        for (const { lines, resolve } of batch) resolve(lines.filter((line) => kept.has(line)));
      } catch (error) {
        await settleEach(batch, error);
      }
    }
    running = null;
  }

  /** An outage is the senders' to wait out. Anything else is one line's fault, which must not take the others along. */
  async function settleEach(batch: readonly Waiting[], cause: unknown): Promise<void> {
    const isOutage = classifyFailure(cause).kind === 'outage';
    for (const each of batch) {
      if (isOutage) each.reject(cause);
      else {
        const kept: LogLine[] = [];
        for (const line of each.lines) {
          await insertLines(sql, [line]).then(
            (own) => kept.push(...own),
            (error) => onTrouble(`A log line of ${line.runId} was dropped.`, error),
          );
        }
        each.resolve(kept);
      }
    }
  }

  return {
    write(lines) {
      if (lines.length === 0) return Promise.resolve([]);
      if (count + lines.length > MAX_WAITING) {
        const error = new SignalboxError('UNAVAILABLE', 'More log lines came than could be written.', {
          advice: 'Send them again later.',
        });
        return Promise.reject(error);
      }
      return new Promise((resolve, reject) => {
        queue.push({ lines, resolve, reject });
        count += lines.length;
        running ??= run();
      });
    },
    drain: () => running ?? Promise.resolve(),
  };
}

const nameOf = (line: { runId: string; index: number; epoch: number; line: number }): string =>
  `${line.runId} ${line.index} ${line.epoch} ${line.line}`;

async function insertLines(sql: Sql, lines: readonly LogLine[]): Promise<LogLine[]> {
  const kept: LogLine[] = [];
  for (const [part, own] of Map.groupBy(lines, (line) => partOf(line.runId))) {
    const parameters = new Parameters();
    const source = parameters.rows('n', COLUMNS, own);
    const names = COLUMNS.map((column) => column.name).join(', ');
    const values = COLUMNS.map((column) => readColumn('n', column)).join(', ');
    // Only for hand-outs that there were: a stray agent cannot fill the log of a run that it never had.
    const rows = await sql.unsafe<{ runId: string; index: number; epoch: number; line: number }[]>(
      `INSERT INTO task_stage_logs_${part} (${names}) SELECT ${values} FROM ${source}
       WHERE EXISTS (SELECT FROM tasks_${part} t WHERE t.run_id = n.run_id AND t.idx = n.idx
         AND t.org_id = n.org_id AND t.epoch >= n.epoch)
       ON CONFLICT (run_id, idx, epoch, line) DO NOTHING
       RETURNING replace(run_id::text, '-', '') AS "runId", idx AS index, epoch, line`,
      parameters.values,
      { prepare: true },
    );
    const written = new Set(rows.map(nameOf));
    // Of a line that came twice in one batch the first is the one.
    kept.push(...own.filter((line) => written.delete(nameOf({ ...line, runId: toUuid(line.runId) }))));
  }
  return kept;
}
