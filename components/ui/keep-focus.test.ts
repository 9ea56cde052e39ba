import { describe, expect, test } from 'vitest';
import { nextOrBefore } from './keep-focus.ts';

const among = (things: string, lost: string, there: string) =>
  nextOrBefore([...things], lost, (thing) => there.includes(thing));

describe('whoever removes a thing goes on', () => {
  test('to the next that is still there', () => {
    expect(among('abcd', 'b', 'acd')).toBe('c');
    expect(among('abcd', 'b', 'ad')).toBe('d');
  });

  test('after the last one to the one before', () => {
    expect(among('abc', 'c', 'ab')).toBe('b');
    expect(among('abc', 'c', 'a')).toBe('a');
  });

  test('nowhere where it was the only one, or one of no list', () => {
    expect(among('a', 'a', '')).toBeUndefined();
    expect(among('', 'a', '')).toBeUndefined();
  });
});
