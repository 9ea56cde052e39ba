import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { createSchemaJudge } from '#server/testing/schema-judge.ts';
import { openApiDocument } from './document.ts';

interface Described {
  operationId: string;
  parameters: { name: string; schema: object; example?: unknown }[];
  requestBody?: { content: Record<string, { schema?: object; example?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

interface Document extends Record<string, unknown> {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, object> };
}

/** As a program gets it: without what JSON cannot say. */
const read = () => JSON.parse(JSON.stringify(openApiDocument())) as Document;
const document = read();
const judge = createSchemaJudge(document.components);
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

const contentsOf = ({ requestBody, responses }: Described) =>
  [requestBody, ...Object.values(responses)].flatMap((part) => Object.values(part?.content ?? {}));

describe('the official schema of OpenAPI 3.1', () => {
  test('finds nothing wrong with the document', async () => {
    const { valid, errors } = await new Validator().validate(read());
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test.each([
    [
      'an answer without a description',
      (one: Described) => delete (one.responses['400'] as object)['description' as never],
    ],
    ['a parameter without a name', (one: Described) => delete (one.parameters[0] as object)['name' as never]],
    ['no answers at all that are named so', (one: Described) => Object.assign(one.responses, { done: {} })],
  ])('would find %s', async (_, spoil) => {
    const spoilt = read();
    const one = Object.values(spoilt.paths['/api/v1/runs/{id}'] ?? {})[0];
    spoil(one as Described);
    expect((await new Validator().validate(spoilt)).valid).toBe(false);
  });
});

describe('the schemas of the document', () => {
  test.each(Object.entries(document.components.schemas))('%s is JSON Schema', (_, schema) => {
    expect(() => judge.compile(schema)).not.toThrow();
  });

  test.each(operations.map((operation) => [operation.operationId, operation] as const))(
    '%s has such schemas, and its own examples are as they say',
    (_, operation) => {
      for (const { schema, ...parameter } of operation.parameters) {
        judge.compile(schema);
        if ('example' in parameter) expect(judge.problems(schema, parameter.example)).toEqual([]);
      }
      for (const { schema, ...content } of contentsOf(operation)) {
        if (schema) judge.compile(schema);
        if (schema && 'example' in content) expect(judge.problems(schema, content.example)).toEqual([]);
      }
    },
  );

  test('have examples, and would find one that is wrong', () => {
    const bodies = operations.flatMap((operation) => Object.values(operation.requestBody?.content ?? {}));
    const examples = bodies.filter((body) => 'example' in body && body.schema);
    expect(examples.length).toBeGreaterThan(40);
    for (const { schema = {}, example } of examples) {
      expect(judge.problems(schema, { ...(example as object), no_such_field: 1 })).not.toEqual([]);
    }
  });
});
