import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lastReads } from './last-reads.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function log() {
  const read = vi.fn();
  return { read, reads: lastReads(read) };
}

test('the log of a run that ends is read at once, and once more a second later', () => {
  const { read, reads } = log();
  for (const isOver of [false, false, true, true]) reads.see(isOver);
  expect(read).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  expect(read).toHaveBeenCalledTimes(2);
  vi.runAllTimers();
  expect(read).toHaveBeenCalledTimes(2);
});

test('that of a run which was over before is not, and nobody reads for whoever has gone', () => {
  const { read, reads } = log();
  reads.see(true);
  vi.runAllTimers();
  expect(read).not.toHaveBeenCalled();

  const left = log();
  left.reads.see(false);
  left.reads.see(true);
  left.reads.stop();
  vi.runAllTimers();
  expect(left.read).toHaveBeenCalledTimes(1);
});
