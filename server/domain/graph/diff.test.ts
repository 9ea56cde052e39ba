import { expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { diffGraphs } from './diff.ts';
import { graphSchema } from './schema.ts';

const diff = (before: JsonObject, after: JsonObject) =>
  diffGraphs(graphSchema.parse(before), graphSchema.parse(after));

const BEFORE: JsonObject = {
  stages: [
    { key: 'read', type: 'data-ingestion' },
    { key: 'check', type: 'validation', config: { strict: false } },
    { key: 'write', type: 'output' },
  ],
  dependencies: [
    { from: 'read', to: 'check' },
    { from: 'check', to: 'write' },
  ],
};

test('equal graphs do not differ, whether defaults are written out or not', () => {
  const [read, ...rest] = BEFORE.stages as JsonObject[];
  const written = { ...BEFORE, stages: [{ ...read, required: true, retry: { maxAttempts: 1 } }, ...rest] };
  expect(diff(BEFORE, written)).toEqual({
    stages: { added: [], removed: [], changed: [] },
    dependencies: { added: [], removed: [] },
    settings: [],
  });
});

test('stages, dependencies and settings that came, went and changed are told', () => {
  const after: JsonObject = {
    stages: [
      { key: 'read', type: 'data-ingestion' },
      { key: 'check', type: 'validation', config: { strict: true }, required: false },
      { key: 'tell', type: 'notification' },
    ],
    dependencies: [
      { from: 'read', to: 'check' },
      { from: 'check', to: 'tell', when: 'always' },
    ],
    deadlineSeconds: 60,
  };
  expect(diff(BEFORE, after)).toEqual({
    stages: {
      added: ['tell'],
      removed: ['write'],
      changed: [
        {
          key: 'check',
          changes: [
            { field: 'config', before: { strict: false }, after: { strict: true } },
            { field: 'required', before: null, after: false },
          ],
        },
      ],
    },
    dependencies: {
      added: [{ from: 'check', to: 'tell', when: 'always' }],
      removed: [{ from: 'check', to: 'write' }],
    },
    settings: [{ field: 'deadlineSeconds', before: null, after: 60 }],
  });
});
