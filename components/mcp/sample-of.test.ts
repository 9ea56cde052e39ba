import { expect, test } from 'vitest';
import { sampleOf } from './sample-of.ts';

test('has what the schema demands, by its defaults and choices, and nothing more', () => {
  expect(
    sampleOf({
      required: ['repo', 'depth', 'how', 'odd'],
      properties: {
        repo: { type: 'string' },
        depth: { type: 'integer', default: 3 },
        how: { enum: ['fast', 'well'] },
        odd: true,
        extra: { type: 'string' },
      },
    }),
  ).toEqual({ repo: '', depth: 3, how: 'fast', odd: null });
});

test('bears schemas that are none', () => {
  expect([undefined, null, 7, {}, { properties: [] }].map(sampleOf)).toEqual([{}, {}, {}, {}, {}]);
});
