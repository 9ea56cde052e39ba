import { describe, expect, test } from 'vitest';
import { listOperations } from '../operations/index.ts';
import { browserRoutes, restRoutes } from '../rest/routes.ts';
import { openApiDocument } from './document.ts';

interface Described {
  operationId: string;
  parameters: { name: string; in: string }[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, unknown>;
  security?: unknown[];
}

const document = openApiDocument() as {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, unknown> };
};
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function refsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === '$ref' && typeof part === 'string' ? [part] : refsOf(part),
  );
}

describe('the OpenAPI document', () => {
  test('describes every operation, and every other route of the API, once', () => {
    expect(document.openapi).toBe('3.1.0');
    const inDocument = described.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(inDocument.sort()).toEqual(restRoutes.map(({ method, path }) => `${method} ${path}`).sort());
    const ids = described.map(({ operation }) => operation.operationId);
    expect(ids.sort()).toEqual([...listOperations(), ...browserRoutes].map(({ name }) => name).sort());
  });

  test('refers to nothing that is not there', () => {
    const names = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(refsOf(document).length).toBeGreaterThan(50);
    expect([...new Set(refsOf(document))].filter((ref) => !names.includes(ref))).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  test.each(
    described.map(
      ({ path, method, operation }) => [operation.operationId, { path, method, operation }] as const,
    ),
  )(
    '%s names every part of its path, an answer for success and one for what is wrong',
    (_, { path, operation }) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
      ).toEqual(expect.arrayContaining(inPath));
      const statuses = Object.keys(operation.responses);
      expect(statuses.some((status) => /^(2|303$)/.test(status))).toBe(true);
      expect(statuses).toEqual(expect.arrayContaining(['400', '429', '500']));
      // Who needs a key is told what happens without one.
      if (operation.security === undefined) expect(statuses).toContain('401');
    },
  );
});
