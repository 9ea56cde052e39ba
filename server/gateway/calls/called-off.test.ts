import { expect, test } from 'vitest';
import { wordsOfCalledOff } from './called-off.ts';

test.each([
  ['nothing', undefined],
  ['an empty reason', ' '],
  ['what its library says by itself', 'AbortError: This operation was aborted'],
  ['another library', 'Error: Request timed out'],
  ['a sentence of a library', 'The operation was cancelled.'],
  ['an error of ours', new DOMException('The caller has gone.', 'AbortError')],
])('a caller who says %s has called it off', (_, reason) => {
  expect(wordsOfCalledOff('gateway', reason)).toBe('Called off by its caller.');
});

test('what people give as a reason is kept, with what hides in it, and not at any length', () => {
  expect(wordsOfCalledOff('gateway', 'The user changed\u200b their mind')).toBe(
    'Called off by its caller, who said: The user changed⟨U+200B⟩ their mind',
  );
  expect(wordsOfCalledOff('gateway', 'x'.repeat(5000)).length).toBeLessThan(400);
});

test('a stage says nothing, and has no caller', () => {
  expect(wordsOfCalledOff('pipeline', 'AbortError')).toBe(
    'The attempt of the stage was ended before the answer came.',
  );
});
