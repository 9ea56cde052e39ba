import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { builtinConfigSchemas } from '#server/agents/builtin/index.ts';
import type { JsonObject } from '../../../server/domain/json.ts';
import { formOf, variantIn } from './capabilities.ts';
import { faultsOfConfig } from './config-faults.ts';

const SCHEMAS = Object.entries(builtinConfigSchemas).map(
  ([name, schema]) =>
    [name, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject] as const,
);

describe.each(SCHEMAS)('the form of %s', (name, configSchema) => {
  test('has every field of its schema, each with a control', () => {
    const fields = formOf(configSchema);
    expect(fields?.map((field) => field.name)).toEqual(Object.keys(configSchema.properties ?? {}));
  });

  test('is held to what the agent itself asks for, and to nothing more', () => {
    const shapes = { inputSchema: null, outputSchema: null };
    const capability = { name, description: '', serving: 1, configSchema, ...shapes };
    const isFine = builtinConfigSchemas[name]?.safeParse({}).success;
    expect(faultsOfConfig(capability, {}).length === 0).toBe(isFine);
    expect(faultsOfConfig(capability, { nobodyAskedForThis: 1 })).not.toEqual([]);
  });
});

test('steps of a transformation are forms of their own kind, and not JSON', () => {
  const schema = Object.fromEntries(SCHEMAS).transformation ?? null;
  const steps = formOf(schema)?.find((field) => field.name === 'steps');
  if (steps?.control.kind !== 'items') throw new Error('steps are no list of items');
  const { variants } = steps.control;
  const filter = variantIn(variants, { op: 'filter' });
  expect(filter?.label).toBe('Filter');
  expect(filter?.fields.map((field) => field.name)).toContain('where');
  expect(variantIn(variants, { op: 'no-such-thing' })).toBeUndefined();
});
