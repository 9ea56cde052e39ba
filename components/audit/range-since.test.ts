import { expect, test } from 'vitest';
import { choose, chosenBy } from './range-since.ts';

const MINUTE = 60_000;

test('a range reaches back from when it was chosen, not from when the page was opened', () => {
  const opened = choose(null, 0);
  const chosen = chosenBy(opened, '1h', () => 60 * MINUTE + 5);
  expect(chosen.now).toBeGreaterThanOrEqual(60 * MINUTE);
  expect(chosenBy(chosen, '1h', () => 90 * MINUTE)).toBe(chosen);
});
