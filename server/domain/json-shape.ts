import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Any JSON value. Size and depth are checked once at the door (see `measureJson`), not by this schema. */
export const jsonSchema = z.custom<Json>((value) => value !== undefined, 'must be a JSON value');
export const jsonObjectSchema = z.custom<JsonObject>(isJsonObject, 'must be a JSON object');
