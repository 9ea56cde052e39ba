import type { Column, Database } from '../engine/database.ts';
import { fromEngine } from '../engine/failures.ts';
import { type JobContext, MAIN_TABLE } from '../engine/job-context.ts';
import { type CheckedExpression, checkExpression, checkSelect } from '../engine/read-only-sql.ts';

/** With a space, so that no stage's key can be the same. */
export const NEXT_TABLE = '"next input"';

export async function promoteNext(database: Database): Promise<void> {
  await database.run(`DROP TABLE ${MAIN_TABLE}`);
  await database.run(`ALTER TABLE ${NEXT_TABLE} RENAME TO ${MAIN_TABLE}`);
}

/** Puts the answer of a SELECT over `input` in the place of `input`. */
export async function replaceMain(context: JobContext, select: string, what: string): Promise<Column[]> {
  const { database } = context;
  const startedMs = performance.now();
  try {
    await database.run(`CREATE TABLE ${NEXT_TABLE} AS ${select}`);
    await promoteNext(database);
  } catch (error) {
    throw fromEngine(error, what);
  }
  const [count] = await database.row('SELECT count(*) FROM input');
  const durationMs = Math.round(performance.now() - startedMs);
  context.log('info', `${what}: ${count} rows.`, { rows: Number(count), durationMs });
  return database.columns('input');
}

/** The step's own SQL, checked: a whole SELECT for op `sql`, one expression for every other op. */
export async function checkedSqlOf(
  context: JobContext,
  step: { op: string; sql?: string | undefined },
  what: string,
): Promise<CheckedExpression | undefined> {
  if (step.sql === undefined) return undefined;
  const about = { what, tables: context.tables };
  if (step.op !== 'sql') return checkExpression(context.database, step.sql, about);
  return { sql: await checkSelect(context.database, step.sql, about), rowByRow: false };
}
