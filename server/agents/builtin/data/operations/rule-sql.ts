import type { Column } from '../engine/database.ts';
import { invalidInput, shown } from '../engine/failures.ts';
import { quoteList, quoteName, quoteScalar, quoteText } from '../engine/quote.ts';
import { duckdbType, type Rule } from '../schemas.ts';
import { findColumn } from './columns.ts';

export interface RuleScope {
  columns: readonly Column[];
  columnsOf(table: string): readonly Column[] | undefined;
  checkedSql?: string | undefined;
  where: string;
}

/** Rules that judge each row; the others judge the table as a whole. */
export type RowRule = Exclude<Rule, { rule: 'row_count' | 'columns' | 'freshness' | 'not_all_null' }>;

export function isRowRule(rule: Rule): rule is RowRule {
  return !['row_count', 'columns', 'freshness', 'not_all_null'].includes(rule.rule);
}

function rangeSql(rule: Extract<Rule, { rule: 'range' }>, name: string, where: string): string {
  const parts: string[] = [];
  if (rule.min !== undefined) parts.push(`${name} < ${quoteScalar(rule.min)}`);
  if (rule.max !== undefined) parts.push(`${name} > ${quoteScalar(rule.max)}`);
  if (parts.length === 0) throw invalidInput('CONFIG_INVALID', `${where} has neither "min" nor "max".`);
  return `(${parts.join(' OR ')})`;
}

function foreignKeySql(rule: Extract<Rule, { rule: 'foreign_key' }>, name: string, scope: RuleScope): string {
  const other = scope.columnsOf(rule.table);
  if (!other)
    throw invalidInput(
      'WHICH_TABLE',
      `${scope.where} refers to ${shown(rule.table)}, and the stage has no such table.`,
    );
  const key = quoteName(findColumn(other, rule.references, scope.where).name);
  return `${name} IS NOT NULL AND ${name} NOT IN (SELECT ${key} FROM ${quoteName(rule.table)} WHERE ${key} IS NOT NULL)`;
}

/**
 * SQL that is true for a bad row. But for not_null, a missing value breaks no rule: whether values may be
 * missing is a rule of its own.
 */
export function badRowSql(rule: RowRule, scope: RuleScope): string {
  if (rule.rule === 'sql') return `NOT coalesce(${scope.checkedSql ?? 'TRUE'}, FALSE)`;
  if (rule.rule === 'unique') {
    const keys = rule.columns.map((column) => quoteName(findColumn(scope.columns, column, scope.where).name));
    const present = keys.map((key) => `${key} IS NOT NULL`).join(' AND ');
    return `${present} AND count(*) OVER (PARTITION BY ${keys.join(', ')}) > 1`;
  }
  const name = quoteName(findColumn(scope.columns, rule.column, scope.where).name);
  switch (rule.rule) {
    case 'not_null':
      return `${name} IS NULL`;
    case 'in_set':
      return `${name} IS NOT NULL AND ${name} NOT IN ${quoteList(rule.values.filter((value) => value !== null))}`;
    case 'regex':
      return `${name} IS NOT NULL AND NOT regexp_full_match(CAST(${name} AS VARCHAR), ${quoteText(rule.pattern)})`;
    case 'range':
      return rangeSql(rule, name, scope.where);
    case 'type':
      return `${name} IS NOT NULL AND TRY_CAST(${name} AS ${duckdbType(rule.type)}) IS NULL`;
    case 'foreign_key':
      return foreignKeySql(rule, name, scope);
  }
}

export function ruleName(rule: Rule): string {
  if (rule.name) return rule.name;
  if ('column' in rule) return `${rule.rule} ${rule.column}`;
  if ('columns' in rule && rule.columns) return `${rule.rule} ${rule.columns.slice(0, 5).join(', ')}`;
  return rule.rule;
}
