import type { z } from 'zod';
import type { ErrorCode } from '#server/domain/errors.ts';
import type { Route } from '../http/router.ts';

/** No operation, since only a browser has a use for it, and yet part of the API: so it says of itself what those say. */
export interface BrowserRoute extends Route {
  /** As operations are named: noun and verb. */
  name: `${string}.${string}`;
  summary: string;
  description?: string;
  query?: z.ZodObject;
  body?: z.ZodObject;
  /** Beyond those that anything may answer with. */
  errors: readonly ErrorCode[];
  /** JSON, or where the browser is led to. */
  answer: z.ZodType | 'redirect';
}
