import { z } from 'zod';
import { ENCODINGS } from './formats/text.ts';

/**
 * What each data stage can be told in its `config`. Every field that may be left out has its default here,
 * and an empty config does something sensible. `z.toJSONSchema` of each feeds the editor's forms.
 */
export const FORMATS = ['csv', 'json', 'ndjson', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

const columnName = z.string().min(1).max(255);
const columnNames = z.array(columnName).min(1).max(2_000);
const sqlText = z.string().min(1).max(20_000);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const tableName = z
  .string()
  .min(1)
  .max(128)
  .describe('Name of an upstream stage or input field that holds a table');
const rowsCount = z.int().min(1).max(100_000_000);

export const COLUMN_TYPES = [
  'text',
  'integer',
  'number',
  'boolean',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'json',
  'uuid',
] as const;
export const columnTypeSchema = z.union([
  z.enum(COLUMN_TYPES),
  z.string().regex(/^decimal\(([1-9]|[12]\d|3[0-8]),([0-9]|[12]\d|3[0-8])\)$/, 'must be like decimal(18,2)'),
]);
export type ColumnType = z.output<typeof columnTypeSchema>;

const DUCKDB_TYPES: Record<(typeof COLUMN_TYPES)[number], string> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  json: 'JSON',
  uuid: 'UUID',
};

export function duckdbType(type: ColumnType): string {
  const known = Object.hasOwn(DUCKDB_TYPES, type)
    ? DUCKDB_TYPES[type as keyof typeof DUCKDB_TYPES]
    : undefined;
  return known ?? type.toUpperCase();
}

export const ingestionConfigSchema = z.strictObject({
  format: z
    .enum(FORMATS)
    .optional()
    .describe('Left out: taken from the content type or name, else from the text'),
  delimiter: z
    .string()
    .regex(/^[\x20-\x7e\t]$/, 'must be one ASCII character')
    .default(',')
    .describe('CSV: what stands between values'),
  quote: z
    .string()
    .regex(/^[\x21-\x7e]$/, 'must be one ASCII character')
    .default('"'),
  header: z.boolean().default(true).describe('CSV: the first line holds the names of the columns'),
  types: z
    .record(columnName, columnTypeSchema)
    .default({})
    .describe('Types of columns; others are found out'),
  nullStrings: z
    .array(z.string().max(64))
    .max(32)
    .default([''])
    .describe('CSV: unquoted texts that mean nothing'),
  encoding: z.enum(ENCODINGS).default('utf-8'),
  maxRows: rowsCount.optional().describe('More rows than this fail the stage'),
  onBadRow: z.enum(['fail', 'skip']).default('fail'),
  batchSize: rowsCount.default(100_000).describe('Rows converted between two signs of progress'),
});

export const CONDITION_OPERATORS = [
  'eq',
  'ne',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'not_in',
  'is_null',
  'not_null',
  'contains',
  'starts_with',
  'ends_with',
  'matches',
] as const;
export const conditionSchema = z.strictObject({
  column: columnName,
  op: z.enum(CONDITION_OPERATORS),
  value: z.union([scalar, z.array(scalar).max(10_000)]).optional(),
});
export type Condition = z.output<typeof conditionSchema>;

export const sortKeySchema = z.strictObject({
  column: columnName,
  direction: z.enum(['asc', 'desc']).default('asc'),
  nulls: z.enum(['first', 'last']).default('last'),
});
export type SortKey = z.output<typeof sortKeySchema>;

export const MEASURES = [
  'count',
  'count_distinct',
  'sum',
  'mean',
  'min',
  'max',
  'median',
  'stddev',
  'first',
  'last',
] as const;
export const measureSchema = z.strictObject({
  fn: z.enum(MEASURES),
  column: columnName.optional().describe('Only count may leave it out: it then counts rows'),
  as: columnName.optional(),
});
export type Measure = z.output<typeof measureSchema>;

const aggregateStep = z.strictObject({
  op: z.literal('aggregate'),
  groupBy: z.array(columnName).max(100).default([]),
  measures: z.array(measureSchema).min(1).max(200),
});
const filterStep = z.strictObject({
  op: z.literal('filter'),
  where: z.array(conditionSchema).max(200).default([]),
  match: z.enum(['all', 'any']).default('all'),
  sql: sqlText.optional().describe('A further condition as one SQL expression'),
});
const deriveStep = z.strictObject({ op: z.literal('derive'), column: columnName, sql: sqlText });
const sqlStep = z.strictObject({
  op: z.literal('sql'),
  sql: sqlText.describe('One SELECT over the table `input` and the named upstream tables'),
});

export const stepSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('select'), columns: columnNames }),
  z.strictObject({ op: z.literal('drop'), columns: columnNames }),
  z.strictObject({ op: z.literal('rename'), columns: z.record(columnName, columnName) }),
  z.strictObject({
    op: z.literal('cast'),
    columns: z.record(columnName, columnTypeSchema),
    onError: z.enum(['fail', 'null']).default('fail'),
  }),
  filterStep,
  deriveStep,
  z.strictObject({
    op: z.literal('dedupe'),
    columns: z.array(columnName).max(2_000).default([]).describe('Empty: rows that are alike in all columns'),
    keep: z.enum(['first', 'last']).default('first'),
  }),
  z.strictObject({ op: z.literal('sort'), by: z.array(sortKeySchema).min(1).max(50) }),
  z.strictObject({ op: z.literal('limit'), count: z.int().min(0), offset: z.int().min(0).default(0) }),
  z.strictObject({ op: z.literal('fill'), columns: z.record(columnName, scalar) }),
  aggregateStep,
  z.strictObject({
    op: z.literal('join'),
    with: tableName,
    on: z
      .array(z.strictObject({ left: columnName, right: columnName }))
      .min(1)
      .max(20),
    type: z.enum(['inner', 'left', 'semi', 'anti']).default('inner'),
  }),
  z.strictObject({
    op: z.literal('unpivot'),
    columns: columnNames,
    nameColumn: columnName.default('name'),
    valueColumn: columnName.default('value'),
  }),
  z.strictObject({
    op: z.literal('pivot'),
    groupBy: z.array(columnName).min(1).max(100),
    column: columnName,
    values: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .max(500),
    measure: measureSchema,
  }),
  sqlStep,
]);
export type Step = z.output<typeof stepSchema>;

const from = tableName.optional().describe('Which table to work on when there are several');

export const transformationConfigSchema = z.strictObject({
  from,
  steps: z.array(stepSchema).max(100).default([]),
  sql: sqlText
    .optional()
    .describe('Runs after the steps: one SELECT over `input` and the named upstream tables'),
});

export const analysisConfigSchema = z.strictObject({
  from,
  columns: columnNames.optional().describe('Left out: all, up to maxColumns'),
  maxColumns: z.int().min(1).max(1_000).default(200),
  bins: z.int().min(1).max(100).default(20),
  topK: z.int().min(1).max(100).default(10),
  exactDistinctUpTo: z
    .int()
    .min(0)
    .default(1_000_000)
    .describe('Rows from which distinct counts are estimates'),
  maxCorrelationColumns: z.int().min(0).max(50).default(15),
});

const ruleCommon = {
  name: z.string().min(1).max(200).optional(),
  severity: z.enum(['error', 'warning']).default('error'),
  threshold: z.number().min(0).max(1).default(0).describe('Share of rows that may fail'),
};
const onColumn = { ...ruleCommon, column: columnName };

export const ruleSchema = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('not_null'), ...onColumn }),
  z.strictObject({ rule: z.literal('unique'), ...ruleCommon, columns: columnNames }),
  z.strictObject({ rule: z.literal('in_set'), ...onColumn, values: z.array(scalar).min(1).max(10_000) }),
  z.strictObject({
    rule: z.literal('regex'),
    ...onColumn,
    pattern: z.string().min(1).max(1_000).describe('RE2'),
  }),
  z.strictObject({
    rule: z.literal('range'),
    ...onColumn,
    min: z.union([z.number(), z.string()]).optional(),
    max: z.union([z.number(), z.string()]).optional(),
  }),
  z.strictObject({ rule: z.literal('type'), ...onColumn, type: columnTypeSchema }),
  z.strictObject({
    rule: z.literal('row_count'),
    name: ruleCommon.name,
    severity: ruleCommon.severity,
    min: z.int().min(0).optional(),
    max: z.int().min(0).optional(),
  }),
  z.strictObject({
    rule: z.literal('columns'),
    name: ruleCommon.name,
    severity: ruleCommon.severity,
    columns: columnNames,
    exact: z.boolean().default(false),
  }),
  z.strictObject({ rule: z.literal('foreign_key'), ...onColumn, table: tableName, references: columnName }),
  z.strictObject({
    rule: z.literal('freshness'),
    ...onColumn,
    maxAgeSeconds: z.number().positive(),
    now: z.string().optional().describe('ISO time to measure from; left out: when the stage runs'),
  }),
  z.strictObject({
    rule: z.literal('sql'),
    ...ruleCommon,
    sql: sqlText.describe('One expression that is true for a good row'),
  }),
  z.strictObject({
    rule: z.literal('not_all_null'),
    name: ruleCommon.name,
    severity: ruleCommon.severity,
    columns: columnNames.optional(),
  }),
]);
export type Rule = z.output<typeof ruleSchema>;

export const validationConfigSchema = z.strictObject({
  from,
  rules: z
    .array(ruleSchema)
    .max(500)
    .default([])
    .describe('Empty: there are rows, and no column is all null'),
  onFail: z.enum(['fail', 'report']).default('fail'),
  sampleRows: z.int().min(0).max(50).default(5),
});

export const processingOperationSchema = z.discriminatedUnion('op', [
  filterStep,
  deriveStep,
  z.strictObject({
    op: z.literal('bucket'),
    column: columnName,
    as: columnName.optional(),
    width: z.number().positive().optional().describe('Width of the buckets of a number'),
    every: z
      .enum(['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'])
      .optional()
      .describe('For times'),
  }),
  aggregateStep,
  z.strictObject({
    op: z.literal('window'),
    fn: z.enum([
      'row_number',
      'rank',
      'dense_rank',
      'lag',
      'lead',
      'running_sum',
      'moving_mean',
      'difference',
    ]),
    column: columnName.optional(),
    partitionBy: z.array(columnName).max(50).default([]),
    orderBy: z.array(sortKeySchema).min(1).max(50),
    size: z.int().min(1).max(1_000_000).default(1).describe('Rows back or ahead; for moving_mean the width'),
    as: columnName,
  }),
  z.strictObject({
    op: z.literal('sample'),
    rows: rowsCount.optional(),
    share: z.number().gt(0).max(1).optional(),
    seed: z.int().min(0).max(2_147_483_647).default(1),
  }),
  z.strictObject({
    op: z.literal('partition'),
    by: columnNames,
    as: columnName.default('partition').describe('Column with the number of the partition, from 1'),
  }),
  sqlStep,
]);
export type ProcessingOperation = z.output<typeof processingOperationSchema>;

export const processingConfigSchema = z.strictObject({
  from,
  operations: z.array(processingOperationSchema).max(100).default([]),
  batchSize: rowsCount
    .default(100_000)
    .describe('Row-by-row operations work through this many rows at a time, with progress after each'),
  parallelWorkers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Threads of the query engine, up to the limit of the server'),
});

export const outputConfigSchema = z.strictObject({
  from,
  format: z.enum(FORMATS).default('json'),
  name: z
    .string()
    .regex(/^[^/\\\p{Cc}]{1,200}$/u, 'must be a file name without slashes')
    .optional()
    .describe('Name of the file that is written; left out: output, with the ending of its format'),
  delimiter: ingestionConfigSchema.shape.delimiter,
  header: z.boolean().default(true),
  formulaSafe: z
    .boolean()
    .default(true)
    .describe('CSV: texts that a spreadsheet would run as a formula get a leading apostrophe'),
  previewRows: z.int().min(0).max(100).default(20),
});

export const configSchemas = {
  'data-ingestion': ingestionConfigSchema,
  transformation: transformationConfigSchema,
  analysis: analysisConfigSchema,
  validation: validationConfigSchema,
  processing: processingConfigSchema,
  output: outputConfigSchema,
} as const;
export type DataCapability = keyof typeof configSchemas;
export const DATA_CAPABILITIES = Object.keys(configSchemas) as DataCapability[];
export type ConfigOf<C extends DataCapability> = z.output<(typeof configSchemas)[C]>;
