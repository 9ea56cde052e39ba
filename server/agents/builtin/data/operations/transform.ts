import type { Column } from '../engine/database.ts';
import { type JobContext, MAIN_TABLE, type OperationResult } from '../engine/job-context.ts';
import { loadInputs } from '../engine/load-tables.ts';
import { quoteName } from '../engine/quote.ts';
import type { ConfigOf, Step } from '../schemas.ts';
import { checkedSqlOf, replaceMain } from './replace-main.ts';
import { stepSql } from './step-sql.ts';

async function tableColumns(context: JobContext): Promise<Map<string, Column[]>> {
  const found = new Map<string, Column[]>();
  for (const table of context.tables) {
    if (table !== MAIN_TABLE) found.set(table, await context.database.columns(quoteName(table)));
  }
  return found;
}

/** Runs the steps in order; without any the table passes through as it came. */
export async function transform(
  context: JobContext,
  config: ConfigOf<'transformation'>,
): Promise<OperationResult> {
  let columns = await loadInputs(context, config.from);
  const others = await tableColumns(context);
  const steps: Step[] = config.sql ? [...config.steps, { op: 'sql', sql: config.sql }] : config.steps;
  if (steps.length === 0) {
    context.log('info', 'No steps are given, so the table passes through unchanged.');
  }
  for (const [n, step] of steps.entries()) {
    const where = `Step ${n + 1} (${step.op})`;
    const checked = await checkedSqlOf(
      context,
      { op: step.op, sql: 'sql' in step ? step.sql : undefined },
      where,
    );
    const scope = {
      columns,
      columnsOf: (table: string) => others.get(table),
      checkedSql: checked?.sql,
      where,
    };
    columns = await replaceMain(context, stepSql(step, scope), where);
    context.progress(0.2 + 0.7 * ((n + 1) / steps.length), where);
  }
  return { body: { transformation: { steps: steps.length } }, table: MAIN_TABLE, tablePlace: 'top' };
}
