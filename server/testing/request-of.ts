import { HEADER_FIELDS, type Operation } from '#server/api/operations/operation.ts';
import { hasBody, placeOf } from '#server/api/rest/read-input.ts';

export interface RequestParts {
  method: string;
  /** With its query. */
  target: string;
  headers: Record<string, string>;
  body: Record<string, unknown> | undefined;
}

/** An operation's input as the request that says the same. */
export function requestOf(operation: Operation, input: Readonly<Record<string, unknown>>): RequestParts {
  let target = operation.path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(input)) {
    const place = placeOf(operation, field);
    if (place === 'path') target = target.replace(`{${field}}`, encodeURIComponent(String(value)));
    else if (place === 'header') headers[HEADER_FIELDS[field] ?? field] = String(value);
    else if (place === 'query') query.set(field, Array.isArray(value) ? value.join(',') : String(value));
    else body[field] = value;
  }
  if (query.size > 0) target += `?${query}`;
  return { method: operation.method, target, headers, body: hasBody(operation) ? body : undefined };
}
