import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject } from '#server/domain/json.ts';

/**
 * What a verb is given: the body's fields under the path's. Verbs parse their input themselves and trust no door, so
 * nothing is checked here; the type only says that the verb will have its say.
 */
export function fromBody<Input>(body: unknown, params: Readonly<Record<string, string>> = {}): Input {
  const fields = isJsonObject(body) ? body : {};
  return withoutUndefined({ ...fields, ...params }) as Input;
}

export function fromQuery<Input>(
  query: URLSearchParams,
  params: Readonly<Record<string, string>> = {},
): Input {
  return { ...Object.fromEntries(query), ...params } as Input;
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key'];
  return typeof key === 'string' ? key : undefined;
}
