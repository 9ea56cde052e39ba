import { z } from 'zod';
import type { ErrorCode } from '#server/domain/errors.ts';
import { statusOf } from '../http/problem.ts';
import { problemSchema } from '../wire/problem.ts';

type Schema = z.core.JSONSchema._JSONSchema;
export type Schemas = Record<string, Schema>;

/** Errors that anything may answer with. */
const COMMON_ERRORS: readonly ErrorCode[] = ['INVALID', 'LIMITED', 'UNAVAILABLE', 'INTERNAL'];
export const SIGNED_IN_ERRORS: readonly ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN'];

/** The common ones and these, by status. */
export function describeErrors(codes: readonly ErrorCode[], schemas: Schemas) {
  const problem = toSchema(problemSchema, { io: 'output', schemas });
  const byStatus = Object.groupBy([...COMMON_ERRORS, ...codes], (code) => String(statusOf(code).status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, found = []]) => {
      const description = [...new Set(found.map((code) => `${statusOf(code).title} (\`${code}\`)`))].join(
        ', ',
      );
      return [status, { description, content: { 'application/problem+json': { schema: problem } } }] as const;
    }),
  );
}

/** Schemas with an id stand once in the document, and references lead there. */
export function toSchema(schema: z.ZodType, { io, schemas }: { io: 'input' | 'output'; schemas: Schemas }) {
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Answers may grow: a client must bear a field that it does not know.
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  for (const [name, definition] of Object.entries($defs)) schemas[name] ??= relink(definition);
  const { id } = rest;
  if (typeof id !== 'string') return relink(rest) as z.core.JSONSchema.ObjectSchema;
  schemas[id] ??= relink(rest);
  return { $ref: `#/components/schemas/${id}` } as z.core.JSONSchema.ObjectSchema;
}

function relink<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(relink) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, part]): [string, unknown][] => {
    if (key === 'id' && typeof part === 'string') return [];
    if (key === '$ref' && typeof part === 'string')
      return [[key, part.replace('#/$defs/', '#/components/schemas/')]];
    return [[key, relink(part)]];
  });
  return Object.fromEntries(entries) as Value;
}
