import type { Json, JsonObject } from '#server/domain/json.ts';
import type { Column } from '../engine/database.ts';
import { fromEngine, invalidInput, listed } from '../engine/failures.ts';
import { type JobContext, MAIN_TABLE, type OperationResult } from '../engine/job-context.ts';
import { loadInputs } from '../engine/load-tables.ts';
import { freshName, quoteName } from '../engine/quote.ts';
import { readRows, withinBytes } from '../engine/store-table.ts';
import type { ConfigOf, Rule } from '../schemas.ts';
import { checkedSqlOf } from './replace-main.ts';
import { badRowSql, isRowRule, type RowRule, type RuleScope, ruleName } from './rule-sql.ts';
import { judgeTable } from './table-rules.ts';

const SAMPLE_BYTES = 4_096;
const ALL_SAMPLES_BYTES = 49_152;

const DEFAULT_RULES: readonly Rule[] = [
  { rule: 'row_count', name: 'has rows', severity: 'error', min: 1 },
  { rule: 'not_all_null', name: 'no column is empty throughout', severity: 'error' },
];

async function judgeRows(
  context: JobContext,
  rule: RowRule,
  about: { scope: RuleScope; rows: number; samples: number },
): Promise<JsonObject> {
  const { scope, rows } = about;
  const { database } = context;
  const names = scope.columns.map((column) => column.name);
  const place = freshName('row', names);
  const bad = quoteName(freshName('is_bad', [...names, place]));
  const judged = `(SELECT *, row_number() OVER () AS ${quoteName(place)}, (${badRowSql(rule, scope)}) AS ${bad} FROM ${MAIN_TABLE})`;
  const [count] = await database.row(`SELECT count(*) FROM ${judged} WHERE ${bad}`);
  const failing = Number(count);
  const columns = [{ name: place, type: 'BIGINT' }, ...scope.columns];
  const source = `(SELECT * FROM ${judged} WHERE ${bad} ORDER BY ${quoteName(place)})`;
  const samples =
    failing > 0 && about.samples > 0
      ? await readRows(database, source, { columns, rows: about.samples })
      : [];
  const share = rows === 0 ? 0 : failing / rows;
  return {
    checked: rows,
    failing,
    share,
    threshold: rule.threshold,
    passed: share <= rule.threshold,
    samples: withinBytes(samples, SAMPLE_BYTES),
  };
}

async function judge(
  context: JobContext,
  rule: Rule,
  about: { scope: RuleScope; rows: number; samples: number },
): Promise<JsonObject> {
  const common = { name: ruleName(rule), rule: rule.rule, severity: rule.severity };
  try {
    const verdict = isRowRule(rule)
      ? await judgeRows(context, rule, about)
      : await judgeTable(context, rule, about);
    return { ...common, ...verdict };
  } catch (error) {
    throw fromEngine(error, about.scope.where);
  }
}

async function columnsByTable(context: JobContext): Promise<Map<string, Column[]>> {
  const found = new Map<string, Column[]>();
  for (const table of context.tables) found.set(table, await context.database.columns(quoteName(table)));
  return found;
}

function summarise(results: JsonObject[], rows: number): JsonObject {
  const failed = results.filter((result) => result.passed === false);
  const errors = failed.filter((result) => result.severity === 'error');
  let left = ALL_SAMPLES_BYTES;
  const rules = results.map((result): Json => {
    const bytes = Buffer.byteLength(JSON.stringify(result.samples ?? []));
    left -= bytes;
    return left >= 0 ? result : { ...result, samples: [] };
  });
  return {
    passed: errors.length === 0,
    rowCount: rows,
    rulesChecked: results.length,
    errors: errors.length,
    warnings: failed.length - errors.length,
    rules,
  };
}

function failWith(report: JsonObject, results: JsonObject[]): never {
  const names = results
    .filter((result) => result.passed === false && result.severity === 'error')
    .map((result) => `${String(result.name)} (${String(result.failing)} failing)`);
  throw invalidInput(
    'VALIDATION_FAILED',
    `The data breaks ${names.length} of ${results.length} rules: ${listed(names)}. The report names sample rows; with "onFail": "report" the run goes on.`,
    { report },
  );
}

/** Holds the table to the rules, and passes it on with the report. */
export async function validate(
  context: JobContext,
  config: ConfigOf<'validation'>,
): Promise<OperationResult> {
  const columns = await loadInputs(context, config.from);
  const tables = await columnsByTable(context);
  const [count] = await context.database.row(`SELECT count(*) FROM ${MAIN_TABLE}`);
  const rows = Number(count);
  const rules = config.rules.length > 0 ? config.rules : DEFAULT_RULES;
  if (config.rules.length === 0)
    context.log('info', 'No rules are given: there must be rows, and no column may be all null.');
  const results: JsonObject[] = [];
  for (const [n, rule] of rules.entries()) {
    const where = `Rule ${n + 1} (${rule.rule})`;
    const sql = rule.rule === 'sql' ? rule.sql : undefined;
    const checked = await checkedSqlOf(context, { op: 'rule', sql }, where);
    const scope = {
      columns,
      columnsOf: (table: string) => tables.get(table),
      checkedSql: checked?.sql,
      where,
    };
    results.push(await judge(context, rule, { scope, rows, samples: config.sampleRows }));
    context.progress(0.2 + 0.7 * ((n + 1) / rules.length), where);
  }
  const report = summarise(results, rows);
  context.log(
    report.passed ? 'info' : 'warn',
    `${String(report.errors)} errors and ${String(report.warnings)} warnings in ${rules.length} rules.`,
  );
  if (report.passed === false && config.onFail === 'fail') failWith(report, results);
  return { body: { report }, table: MAIN_TABLE, tablePlace: 'field' };
}
