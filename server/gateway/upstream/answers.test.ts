import { expect, test } from 'vitest';
import { KEEP_SECONDS } from '../calls/approvals.ts';
import { limitsOf } from './answers.ts';

test('the library gives up no call before people have had their day for each of its questions', () => {
  const { timeout, maxTotalTimeout } = limitsOf({ signal: new AbortController().signal } as never);
  const questions = 16;
  for (const limit of [timeout, maxTotalTimeout]) {
    expect(limit).toBeGreaterThan(questions * KEEP_SECONDS * 1000);
    // Node makes a millisecond of what is longer.
    expect(limit).toBeLessThan(2 ** 31);
  }
});
