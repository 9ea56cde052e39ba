import { z } from 'zod';
import { jsonObjectSchema, jsonSchema } from '#server/domain/json-shape.ts';

export { isoTime, isoTimeOrNull } from '#server/domain/iso-time.ts';

/** What all that travels is made of. Presenters beside the schemas turn the verbs' views into it. */
export const anyJson = jsonSchema.meta({ description: 'Any JSON value.' });
export const anyObject = jsonObjectSchema.meta({ type: 'object', additionalProperties: true });

export const time = z.iso.datetime();

export const nextCursor = z
  .string()
  .nullable()
  .describe('Send it as `cursor` for the next page; null on the last one.');
