import { expect, test } from 'vitest';
import { z } from 'zod';
import { builtinConfigSchemas } from '../index.ts';
import { columnTypeSchema, configSchemas, DATA_CAPABILITIES, duckdbType } from './schemas.ts';
import { parametersOf, stageConfig } from './stage-config.ts';

test.each(Object.keys(builtinConfigSchemas))('the config of %s can be shown as JSON Schema', (capability) => {
  const schema = builtinConfigSchemas[capability] as z.ZodType;
  const shown = z.toJSONSchema(schema, { io: 'input' });
  expect(shown.type).toBe('object');
  expect(shown.additionalProperties).toBe(false);
});

test.each(DATA_CAPABILITIES)('an empty config is a config for %s', (capability) => {
  expect(configSchemas[capability].safeParse({}).success).toBe(true);
});

test.each(DATA_CAPABILITIES)('an unknown field is refused by %s', (capability) => {
  expect(() => stageConfig(capability, { nonsense: 1 }, {})).toThrow(/nonsense/);
});

test('the config counts more than the input parameters, and those more than the parameters of the run', () => {
  const parameters = parametersOf({
    parameters: { delimiter: ';', format: 'csv' },
    input: { parameters: { delimiter: '|' } },
  });
  expect(stageConfig('data-ingestion', {}, parameters)).toEqual({ format: 'csv', delimiter: '|' });
  expect(stageConfig('data-ingestion', { delimiter: '\t' }, parameters)).toEqual({
    format: 'csv',
    delimiter: '\t',
  });
});

test('parameters that a stage does not know are for others', () => {
  expect(stageConfig('transformation', {}, { batch_size: 5 })).toEqual({});
  expect(stageConfig('processing', {}, { batch_size: 5, parallel_workers: 4, x: 1 })).toEqual({
    batchSize: 5,
    parallelWorkers: 4,
  });
});

test('a parameter without a meaning is refused with its name', () => {
  expect(() => stageConfig('processing', {}, { batch_size: 0 })).toThrow(/batchSize/);
});

test.each([
  ['integer', 'BIGINT'],
  ['decimal(18,2)', 'DECIMAL(18,2)'],
])('the type %s is %s in the engine', (type, sql) => {
  expect(duckdbType(columnTypeSchema.parse(type))).toBe(sql);
});

test.each(['decimal(99,2)', 'BIGINT); DROP', 'constructor', 'toString'])('%j is no type', (type) => {
  expect(columnTypeSchema.safeParse(type).success).toBe(false);
});
