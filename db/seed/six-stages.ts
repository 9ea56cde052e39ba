import { readFileSync } from 'node:fs';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import type { JsonObject } from '#server/domain/json.ts';

export const SIX_STAGES_NAME = 'six-stage-data-pipeline';
export const SIX_STAGES_DESCRIPTION =
  'Reads a table, cleans it, profiles it, checks it against rules, sums it up by site and day, and writes a CSV file.';

const stage = (
  [key, type, stageSeconds]: readonly [key: string, type: string, stageSeconds: number],
  config: JsonObject,
): GraphInput['stages'][number] => ({
  key,
  name: key.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase()),
  type,
  config,
  timeouts: { stageSeconds },
  retry: { maxAttempts: 3 },
});

/** The pipeline of the six data stages, ready to be started with the sample that its input schema shows. */
export function sixStagesGraph(): GraphInput {
  const data = readFileSync(new URL('./data/sensor-readings.csv', import.meta.url), 'utf8');
  const stages = [
    stage(['data-ingestion', 'data-ingestion', 300], {}),
    stage(['data-transformation', 'transformation', 600], {
      steps: [{ op: 'dedupe' }, { op: 'filter', where: [{ column: 'temperature_c', op: 'not_null' }] }],
    }),
    stage(['data-analysis', 'analysis', 900], {}),
    stage(['data-validation', 'validation', 300], {
      rules: [
        { rule: 'not_null', column: 'site' },
        { rule: 'range', column: 'battery_pct', min: 0, max: 100 },
        { rule: 'in_set', column: 'status', values: ['ok', 'low battery'] },
      ],
    }),
    stage(['data-processing', 'processing', 1200], {
      operations: [
        { op: 'bucket', column: 'read_at', every: 'day', as: 'day' },
        {
          op: 'aggregate',
          groupBy: ['site', 'day'],
          measures: [
            { fn: 'count', as: 'readings' },
            { fn: 'mean', column: 'temperature_c', as: 'mean_temperature_c' },
          ],
        },
      ],
    }),
    stage(['output-generation', 'output', 300], { format: 'csv', name: 'readings-by-day.csv' }),
  ];
  return {
    stages,
    dependencies: stages.slice(1).map(({ key }, at) => ({ from: stages[at]?.key ?? '', to: key })),
    inputSchema: {
      title: 'A table to work on',
      description: 'Text of a file as `data`, and its `format`: csv, json, ndjson.',
      type: 'object',
      examples: [{ data, format: 'csv' }],
    },
  };
}
