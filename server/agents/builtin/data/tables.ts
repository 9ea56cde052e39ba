import { z } from 'zod';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { ArtefactRef } from '../../agent.ts';

/**
 * How tables travel between stages. Small ones as rows, larger ones as a Parquet artefact; every data agent
 * takes either, and also a bare array of objects.
 */
export const artefactRefSchema = z.object({
  $object: z.string().min(1),
  bytes: z.number(),
  contentType: z.string(),
  name: z.string().optional(),
});
const columnsSchema = z.array(z.strictObject({ name: z.string(), type: z.string() }));
const rowsSchema = z.array(
  z.custom<JsonObject>(
    (v) => typeof v === 'object' && v !== null && !Array.isArray(v),
    'each row must be an object',
  ),
);

export type TableSource =
  | { kind: 'rows'; rows: JsonObject[]; columns?: { name: string; type: string }[] }
  | { kind: 'parquet' | 'raw'; ref: ArtefactRef };

export interface NamedTable {
  name: string;
  source: TableSource;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** zod leaves out what is absent; our types do not say `undefined`. */
export function toRef(value: unknown): ArtefactRef | null {
  const parsed = artefactRefSchema.safeParse(value);
  if (!parsed.success) return null;
  const { name, ...rest } = parsed.data;
  return name === undefined ? rest : { ...rest, name };
}

/** The table that a value is, if it is one. */
export function toTable(value: Json | undefined): TableSource | null {
  if (Array.isArray(value)) return rowsSource(value, undefined);
  if (!isObject(value)) return null;
  const stored = toRef(field(value, '$table'));
  if (stored) return { kind: 'parquet', ref: stored };
  const rows = field(value, 'rows');
  if (Array.isArray(rows)) return rowsSource(rows, field(value, 'columns'));
  const bare = toRef(value);
  if (bare) return { kind: /parquet/.test(bare.contentType) ? 'parquet' : 'raw', ref: bare };
  const inner = field(value, 'table');
  return isObject(inner) || Array.isArray(inner) ? toTable(inner) : null;
}

function rowsSource(rows: Json[], columns: Json | undefined): TableSource | null {
  const parsed = rowsSchema.safeParse(rows);
  if (!parsed.success) return null;
  const named = columnsSchema.safeParse(columns);
  return named.success && named.data.length > 0
    ? { kind: 'rows', rows: parsed.data, columns: named.data }
    : { kind: 'rows', rows: parsed.data };
}

/** All tables in a stage's input: the input itself, or each field of it that is one. */
export function findTables(input: Json): NamedTable[] {
  const whole = toTable(input);
  if (whole) return [{ name: 'input', source: whole }];
  if (!isObject(input)) return [];
  const found: NamedTable[] = [];
  for (const [name, value] of Object.entries(input)) {
    const source = toTable(value);
    if (source) found.push({ name, source });
  }
  return found;
}
