import { z } from 'zod';
import { ERROR_CLASSES } from '#server/domain/graph/schema.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { DATA_CAPABILITIES, FORMATS } from '../schemas.ts';

/** What passes between the server and a child. Tables never do: they lie as files in the child's own folder. */
export const columnSchema = z.strictObject({ name: z.string(), type: z.string() });

export const jobInputSchema = z.strictObject({
  name: z.string(),
  /** Within the child's folder. */
  file: z.string(),
  /** `rows` is our own NDJSON of inline rows; the others are as they came. */
  kind: z.enum(['rows', 'parquet', 'raw']),
  columns: z.array(columnSchema).optional(),
  format: z.enum(FORMATS).optional(),
});
export type JobInput = z.output<typeof jobInputSchema>;

export const jobSchema = z.strictObject({
  capability: z.enum(DATA_CAPABILITIES),
  config: jsonObjectSchema,
  inputs: z.array(jobInputSchema).max(64),
  threads: z.int().min(1),
  inlineBytes: z.int().min(0),
  /** The server's clock, for rules about age. */
  nowMs: z.number(),
});
export type Job = z.output<typeof jobSchema>;

const storedTableSchema = z.strictObject({
  columns: z.array(columnSchema),
  rowCount: z.number(),
  rows: z.array(jsonObjectSchema).optional(),
  /** Set when the rows are too many for a message. */
  file: z.string().optional(),
  preview: z.array(jsonObjectSchema).optional(),
});
export type StoredTable = z.output<typeof storedTableSchema>;

export const jobResultSchema = z.strictObject({
  /** Everything of the output that is not the table. */
  body: jsonObjectSchema,
  table: storedTableSchema.optional(),
  /** Whether the table is the output itself, or its field `table`. */
  tablePlace: z.enum(['top', 'field']),
  artefact: z.strictObject({ file: z.string(), contentType: z.string(), name: z.string() }).optional(),
});
export type JobResult = z.output<typeof jobResultSchema>;

export const childMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({
    kind: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: jsonObjectSchema.optional(),
  }),
  z.strictObject({ kind: z.literal('progress'), fraction: z.number(), note: z.string().optional() }),
  z.strictObject({ kind: z.literal('done'), result: jobResultSchema }),
  z.strictObject({
    kind: z.literal('failed'),
    errorClass: z.enum(ERROR_CLASSES),
    code: z.string(),
    message: z.string(),
    details: jsonObjectSchema.optional(),
  }),
]);
export type ChildMessage = z.output<typeof childMessageSchema>;

/** Given once, as the child's only argument. */
export const childSettingsSchema = z.strictObject({
  directory: z.string(),
  memoryMb: z.int().min(32),
  spillMb: z.int().min(0),
});
export type ChildSettings = z.output<typeof childSettingsSchema>;
