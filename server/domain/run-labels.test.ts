import { expect, test } from 'vitest';
import { labelsOf } from './run-labels.ts';

test('plain values at the top of the metadata and tags become labels', () => {
  expect(
    labelsOf({
      env: 'prod',
      batch: 7,
      dry: false,
      tags: ['nightly', 'nightly', 3],
      nested: { a: 1 },
      none: null,
    }),
  ).toEqual(['env=prod', 'batch=7', 'dry=false', 'tag:nightly']);
});

test('what is long, holds control characters or is too much is left out', () => {
  expect(labelsOf({ a: 'x'.repeat(300), b: 'nul\u0000', c: 'ok' })).toEqual(['c=ok']);
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, at]));
  expect(labelsOf(many)).toHaveLength(32);
});
