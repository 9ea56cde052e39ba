import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesTopic } from './topic-pattern.ts';

describe('matchesTopic', () => {
  it.each([
    ['run.*', 'run.1', true],
    ['run.*', 'run', false],
    ['run.*', 'run.1.done', false],
    ['run.#', 'run', true],
    ['run.#', 'run.1.done', true],
    ['#.done', 'run.1.done', true],
    ['#.done', 'done', true],
    ['#', '', true],
    ['*', '', false],
    ['a.#.b.*', 'a.x.y.b.c', true],
    ['a.#.b.*', 'a.b', false],
  ])('%s against %s is %s', (pattern, routingKey, expected) => {
    expect(matchesTopic(pattern, routingKey)).toBe(expected);
  });

  it('matches any key with itself and with # in its place', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(words, fc.nat(5), (parts, at) => {
        const key = parts.join('.');
        const wild = parts.map((part, i) => (i === at ? '#' : part)).join('.');
        expect(matchesTopic(key, key)).toBe(true);
        expect(matchesTopic(wild, key)).toBe(true);
        expect(matchesTopic(`${key}.x`, key)).toBe(false);
      }),
    );
  });
});
