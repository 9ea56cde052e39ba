import { describe, expect, it } from 'vitest';
import { globMatcher } from './glob.ts';

describe('globMatcher', () => {
  it.each([
    ['sb:run:*', 'sb:run:1:events', true],
    ['sb:run:*', 'sb:run', false],
    ['h?llo', 'hello', true],
    ['h?llo', 'hllo', false],
    ['h[ae]llo', 'hallo', true],
    ['h[ae]llo', 'hillo', false],
    ['h[^e]llo', 'hello', false],
    ['h[a-c]llo', 'hbllo', true],
    ['a.b+(c)', 'a.b+(c)', true],
    ['a.b', 'axb', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['open[bracket', 'open[bracket', true],
    ['*', 'with\nnewline', true],
  ])('%s against %j is %s', (pattern, text, expected) => {
    expect(globMatcher(pattern)(text)).toBe(expected);
  });

  it('does not take long over a malicious pattern', () => {
    expect(globMatcher(`${'*'.repeat(60)}b`)('a'.repeat(2000))).toBe(false);
  });
});
