import type { JsonObject } from '#server/domain/json.ts';
import { invalidInput, listed, shown } from '../engine/failures.ts';
import { type JobContext, MAIN_TABLE } from '../engine/job-context.ts';
import { quoteName } from '../engine/quote.ts';
import type { Rule } from '../schemas.ts';
import { findColumn, isTemporal } from './columns.ts';
import type { RowRule, RuleScope } from './rule-sql.ts';

type TableRule = Exclude<Rule, RowRule>;
type RuleOf<R extends TableRule['rule']> = Extract<TableRule, { rule: R }>;

function verdict(passed: boolean, note: string): JsonObject {
  return {
    checked: 1,
    failing: passed ? 0 : 1,
    share: passed ? 0 : 1,
    threshold: 0,
    passed,
    note,
    samples: [],
  };
}

function judgeRowCount(rule: RuleOf<'row_count'>, rows: number): JsonObject {
  const enough = rule.min === undefined || rows >= rule.min;
  const notTooMany = rule.max === undefined || rows <= rule.max;
  const bounds = [
    rule.min === undefined ? '' : `at least ${rule.min}`,
    rule.max === undefined ? '' : `at most ${rule.max}`,
  ];
  return verdict(
    enough && notTooMany,
    `There are ${rows} rows; asked for: ${bounds.filter(Boolean).join(', ') || 'any number'}.`,
  );
}

function judgeColumns(rule: RuleOf<'columns'>, scope: RuleScope): JsonObject {
  const present = new Set(scope.columns.map((column) => column.name));
  const missing = rule.columns.filter((name) => !present.has(name));
  const wanted = new Set(rule.columns);
  const extra = rule.exact ? [...present].filter((name) => !wanted.has(name)) : [];
  const parts = [
    ...(missing.length > 0 ? [`missing: ${listed(missing)}`] : []),
    ...(extra.length > 0 ? [`not asked for: ${listed(extra)}`] : []),
  ];
  return verdict(
    parts.length === 0,
    parts.length === 0 ? 'All columns are there.' : `Columns ${parts.join('; ')}.`,
  );
}

async function judgeAllNull(
  context: JobContext,
  rule: RuleOf<'not_all_null'>,
  about: { scope: RuleScope; rows: number },
): Promise<JsonObject> {
  const { scope, rows } = about;
  const columns = rule.columns?.map((name) => findColumn(scope.columns, name, scope.where)) ?? scope.columns;
  const counts = await context.database.row(
    `SELECT ${columns.map((column) => `count(${quoteName(column.name)})`).join(', ')} FROM ${MAIN_TABLE}`,
  );
  const empty =
    rows === 0 ? [] : columns.filter((_, n) => Number(counts[n]) === 0).map((column) => column.name);
  return {
    ...verdict(
      empty.length === 0,
      empty.length === 0 ? 'Every column has values.' : `Only nulls in ${listed(empty)}.`,
    ),
    checked: columns.length,
    failing: empty.length,
    share: empty.length / columns.length,
  };
}

async function judgeFreshness(
  context: JobContext,
  rule: RuleOf<'freshness'>,
  scope: RuleScope,
): Promise<JsonObject> {
  const column = findColumn(scope.columns, rule.column, scope.where);
  if (!isTemporal(column)) {
    throw invalidInput(
      'WRONG_TYPE',
      `${scope.where} needs times, and the column ${shown(column.name)} is ${column.type}. Cast it first.`,
    );
  }
  const nowMs = rule.now === undefined ? context.nowMs : Date.parse(rule.now);
  if (Number.isNaN(nowMs)) throw invalidInput('CONFIG_INVALID', `${scope.where}: "now" is not an ISO time.`);
  const [newest] = await context.database.row(
    `SELECT epoch_ms(max(CAST(${quoteName(column.name)} AS TIMESTAMP))) FROM ${MAIN_TABLE}`,
  );
  if (newest === null || newest === undefined) return verdict(false, 'There is no time at all.');
  const newestMs = Number(newest);
  const ageSeconds = Math.round((nowMs - newestMs) / 1_000);
  const text = `The newest is of ${new Date(newestMs).toISOString()}, ${ageSeconds} s old; allowed are ${rule.maxAgeSeconds} s.`;
  return verdict(ageSeconds <= rule.maxAgeSeconds, text);
}

/** Rules about the table as a whole: they hold or they do not, so a threshold has no meaning for them. */
export function judgeTable(
  context: JobContext,
  rule: TableRule,
  about: { scope: RuleScope; rows: number },
): Promise<JsonObject> {
  switch (rule.rule) {
    case 'row_count':
      return Promise.resolve(judgeRowCount(rule, about.rows));
    case 'columns':
      return Promise.resolve(judgeColumns(rule, about.scope));
    case 'not_all_null':
      return judgeAllNull(context, rule, about);
    case 'freshness':
      return judgeFreshness(context, rule, about.scope);
  }
}
