import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorGroupOf } from './error-group.ts';

const groupOf = (message: string, code = 'BAD_INPUT') => errorGroupOf({ class: 'agent', code, message });

describe('errors fall into one group', () => {
  test.each([
    ['row 17 of 20 is broken', 'row 3 of 9000 is broken'],
    ['cannot open "a.csv"', 'cannot open "other file.csv"'],
    ["no such column 'x'", "no such column 'temperature'"],
    ['run_019fcb2a4c7d7e10a1b2c3d4e5f60003 is gone', 'run_019fcb2a4c7d7e10a1b2c3d4e5f60004 is gone'],
    ['job 019fcb2a-4c7d-7e10-a1b2-c3d4e5f60003 failed', 'job 119fcb2a-4c7d-7e10-a1b2-c3d4e5f60003 failed'],
    ['timed out at 2026-01-02T03:04:05.678Z', 'timed out at 2027-11-12T13:14:15.1Z'],
    ['connect 10.0.0.1:5432', 'connect 10.0.12.7:80'],
    ['Too  many\nrequests', 'too many requests'],
  ])('%s / %s', (one, two) => {
    expect(groupOf(one)).toBe(groupOf(two));
  });
});

describe('errors fall into groups of their own', () => {
  test.each([
    ['no such column', 'no such table'],
    ['disk full', 'disk failed'],
  ])('%s / %s', (one, two) => {
    expect(groupOf(one)).not.toBe(groupOf(two));
  });

  test('by the type of the stage that failed', () => {
    const error = { class: 'timeout', code: 'TIMEOUT', message: 'took too long' } as const;
    const groups = [errorGroupOf(error), errorGroupOf(error, 'echo'), errorGroupOf(error, 'sql')];
    expect(new Set(groups).size).toBe(3);
  });

  test('by their code and by their class', () => {
    expect(groupOf('x', 'A')).not.toBe(groupOf('x', 'B'));
    expect(errorGroupOf({ class: 'timeout', code: 'A', message: 'x' })).not.toBe(groupOf('x', 'A'));
  });
});

test('any text has a group, at once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (message) => {
      expect(groupOf(message)).toMatch(/^[0-9a-f]{16}$/);
    }),
  );
  expect(groupOf('#'.repeat(100_000))).toMatch(/^[0-9a-f]{16}$/);
});
