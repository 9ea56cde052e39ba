import type { Column } from '../engine/database.ts';
import { fromEngine } from '../engine/failures.ts';
import { type JobContext, MAIN_TABLE, type OperationResult } from '../engine/job-context.ts';
import { loadInputs } from '../engine/load-tables.ts';
import type { ConfigOf } from '../schemas.ts';
import { processingSql, worksRowByRow } from './processing-sql.ts';
import { checkedSqlOf, NEXT_TABLE, promoteNext, replaceMain } from './replace-main.ts';

const MAX_BATCHES = 1_000;

interface BatchWork {
  select: string;
  where: string;
  batchSize: number;
  onBatch(share: number, note: string): void;
}

/** Runs a row-by-row SELECT over `input` in batches; the order of the rows stays. */
async function replaceInBatches(
  context: JobContext,
  work: BatchWork,
): Promise<{ columns: Column[]; batches: number }> {
  const { database } = context;
  const [count] = await database.row(`SELECT count(*) FROM ${MAIN_TABLE}`);
  const total = Number(count);
  const size = Math.max(work.batchSize, Math.ceil(total / MAX_BATCHES));
  if (size > work.batchSize) {
    context.log(
      'info',
      `${MAX_BATCHES} batches are the most, so a batch has ${size} rows instead of ${work.batchSize}.`,
    );
  }
  const part = (from: number, rows: number) =>
    `WITH input AS (SELECT * FROM main.${MAIN_TABLE} LIMIT ${rows} OFFSET ${from}) ${work.select}`;
  let batches = 0;
  try {
    await database.run(`CREATE TABLE ${NEXT_TABLE} AS ${part(0, 0)}`);
    for (let from = 0; from < total; from += size) {
      await database.run(`INSERT INTO ${NEXT_TABLE} ${part(from, size)}`);
      batches += 1;
      const done = Math.min(total, from + size);
      work.onBatch(done / total, `${work.where}: ${done} of ${total} rows`);
    }
    await promoteNext(database);
  } catch (error) {
    throw fromEngine(error, work.where);
  }
  context.log('info', `${work.where}: ${total} rows in ${batches} ${batches === 1 ? 'batch' : 'batches'}.`, {
    rows: total,
    batches,
    batchSize: size,
  });
  return { columns: await database.columns(MAIN_TABLE), batches };
}

/** Works the table through the operations in order; without any it passes through. */
export async function processTable(
  context: JobContext,
  config: ConfigOf<'processing'>,
): Promise<OperationResult> {
  let columns = await loadInputs(context, config.from);
  const { operations } = config;
  if (operations.length === 0)
    context.log('info', 'No operations are given, so the table passes through unchanged.');
  let batches = 0;
  for (const [n, operation] of operations.entries()) {
    const where = `Operation ${n + 1} (${operation.op})`;
    const checked = await checkedSqlOf(
      context,
      { op: operation.op, sql: 'sql' in operation ? operation.sql : undefined },
      where,
    );
    const select = processingSql(operation, { columns, checkedSql: checked?.sql, where });
    const begin = 0.2 + 0.7 * (n / operations.length);
    const share = 0.7 / operations.length;
    if (worksRowByRow(operation) && checked?.rowByRow !== false) {
      const onBatch = (part: number, note: string) => context.progress(begin + share * part, note);
      const done = await replaceInBatches(context, { select, where, batchSize: config.batchSize, onBatch });
      columns = done.columns;
      batches += done.batches;
    } else {
      columns = await replaceMain(context, select, where);
      context.progress(begin + share, where);
    }
  }
  return {
    body: { processing: { operations: operations.length, batches } },
    table: MAIN_TABLE,
    tablePlace: 'top',
  };
}
