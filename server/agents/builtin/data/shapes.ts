import type { JsonObject } from '#server/domain/json.ts';
import type { DataCapability } from './schemas.ts';

/**
 * What stages of data agents are given and give, for whoever puts stages together. What fits is read; some of what
 * does not is read too, such as a table in a field of any name: `tables.ts` and `ingestion-source.ts` are the judges.
 */
export interface Shapes {
  /** JSON Schema. */
  takes: JsonObject;
  gives: JsonObject | null;
}

const ROWS: JsonObject = { type: 'array', items: { type: 'object' } };
const COLUMNS: JsonObject = {
  type: 'array',
  items: {
    type: 'object',
    properties: { name: { type: 'string' }, type: { type: 'string' } },
    required: ['name', 'type'],
  },
};
const FILE: JsonObject = {
  type: 'object',
  properties: { $object: { type: 'string' }, bytes: { type: 'number' }, contentType: { type: 'string' } },
  required: ['$object', 'bytes', 'contentType'],
};
const TABLES: JsonObject[] = [
  ROWS,
  { type: 'object', properties: { rows: ROWS }, required: ['rows'] },
  { type: 'object', properties: { $table: FILE }, required: ['$table'] },
];
const TABLE: JsonObject = {
  anyOf: [...TABLES, { type: 'object', properties: { table: { anyOf: TABLES } }, required: ['table'] }],
};

const SOURCE: JsonObject[] = [
  { type: 'string' },
  ...TABLES,
  FILE,
  { type: 'object', properties: { data: { anyOf: [{ type: 'string' }, ...TABLES] } }, required: ['data'] },
  { type: 'object', properties: { object: FILE }, required: ['object'] },
];
const READABLE: JsonObject = {
  anyOf: [
    ...SOURCE,
    { type: 'object', properties: { table: { anyOf: [...TABLES, FILE] } }, required: ['table'] },
    { type: 'object', properties: { input_data: { anyOf: SOURCE } }, required: ['input_data'] },
  ],
};

/** A small one; a large one has `$table` instead of rows. */
const GIVEN_TABLE: JsonObject = {
  type: 'object',
  properties: { rows: ROWS, columns: COLUMNS, rowCount: { type: 'integer' } },
};
const withTable = (field: string): JsonObject => ({
  type: 'object',
  properties: { [field]: { type: 'object' }, table: GIVEN_TABLE },
});

export const dataShapes: Readonly<Record<DataCapability, Shapes>> = {
  'data-ingestion': { takes: READABLE, gives: GIVEN_TABLE },
  transformation: { takes: TABLE, gives: GIVEN_TABLE },
  analysis: { takes: TABLE, gives: withTable('profile') },
  validation: { takes: TABLE, gives: withTable('report') },
  processing: { takes: TABLE, gives: GIVEN_TABLE },
  // The file that it writes is for people; no data agent after it can say that it reads it.
  output: { takes: TABLE, gives: null },
};
