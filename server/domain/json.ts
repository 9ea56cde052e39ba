import { z } from 'zod';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Any JSON value. Size and depth are checked once at the door (see `measureJson`), not by this schema. */
export const jsonSchema = z.custom<Json>((value) => value !== undefined, 'must be a JSON value');
export const jsonObjectSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be a JSON object',
);
