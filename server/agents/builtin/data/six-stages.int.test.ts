import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { generateSensorReadings } from '#db/seed/data/generate-sensor-readings.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { createHarness } from './testing/harness.ts';

const harness = createHarness();
afterAll(() => harness.stop());

const SIX = ['data-ingestion', 'transformation', 'analysis', 'validation', 'processing', 'output'];
const csv = readFileSync(new URL('../../../../db/seed/data/sensor-readings.csv', import.meta.url), 'utf8');

async function runSix(input: Json, configs: Record<string, JsonObject> = {}): Promise<JsonObject[]> {
  const outputs: JsonObject[] = [];
  const parameters = { batch_size: 1000, parallel_workers: 4 };
  let next = input;
  for (const capability of SIX) {
    const output = await harness.run(capability, next, { config: configs[capability] ?? {}, parameters });
    outputs.push(output);
    next = output;
  }
  return outputs;
}

const artefactText = (output: JsonObject | undefined) =>
  harness.objects.text((output as { artefact: { $object: string } }).artefact.$object);

test('the sample data is what its script writes', () => {
  expect(csv).toBe(generateSensorReadings());
});

test('the six stages run on the sample data without any config', async () => {
  const outputs = await runSix({ input_data: { data: csv, format: 'csv' } });
  const rows = JSON.parse(artefactText(outputs.at(-1))) as JsonObject[];
  expect(rows).toHaveLength(500);
  expect(rows[0]).toEqual({
    read_at: '2026-03-01T00:00:00Z',
    site: 'north',
    temperature_c: 14.63,
    humidity_pct: 79.6,
    battery_pct: 99.4,
    status: 'ok',
  });
  expect(outputs[2]?.profile).toMatchObject({ rowCount: 500, duplicateRows: 0 });
  expect(outputs[3]?.report).toMatchObject({ passed: true });
});

test('the six stages give the same artefact each time', async () => {
  const hash = async () => (await runSix({ data: csv, format: 'csv' })).at(-1)?.sha256;
  expect(await hash()).toBe(await hash());
});

test('a table too large for messages goes through all six stages as Parquet', async () => {
  const rows = Array.from({ length: 5_000 }, (_, id) => ({ id, text: `row ${id}`, half: id / 2 }));
  const outputs = await runSix(rows);
  expect(outputs[0]).toHaveProperty('$table');
  expect(outputs[3]?.table).toHaveProperty('$table');
  expect(JSON.parse(artefactText(outputs.at(-1)))).toEqual(rows);
});

test('the six stages do what their configs say', async () => {
  const outputs = await runSix(
    { data: csv, format: 'csv' },
    {
      transformation: { steps: [{ op: 'fill', columns: { humidity_pct: 0 } }] },
      validation: { rules: [{ rule: 'in_set', column: 'status', values: ['ok', 'low battery'] }] },
      processing: {
        operations: [
          { op: 'bucket', column: 'read_at', every: 'day', as: 'day' },
          { op: 'aggregate', groupBy: ['site', 'day'], measures: [{ fn: 'count', as: 'readings' }] },
        ],
      },
      output: { format: 'csv', name: 'readings-by-day.csv' },
    },
  );
  const lines = artefactText(outputs.at(-1)).trim().split('\n');
  expect(lines[0]).toBe('site,day,readings');
  expect(lines[1]).toBe('east,2026-03-01T00:00:00Z,24');
  expect(lines).toHaveLength(1 + 5 * 5);
});
