import { expect, test, vi } from 'vitest';
import type { Report } from '#server/domain/messages.ts';
import type { Reporter } from '#server/domain/reports.ts';
import { createOwnLines } from './own-lines.ts';

const from = {} as Reporter;
const line = (n: number) => ({ type: 'log', line: n }) as Report;

/** A log that takes nothing until it has refused so many times. */
function open(refusals: number) {
  const taken: Report[] = [];
  const troubles: string[] = [];
  let left = refusals;
  const send = createOwnLines({
    sink: () => ({
      async report(_, [each]) {
        left -= 1;
        if (left >= 0) throw new Error('away');
        taken.push(each as Report);
        return [];
      },
    }),
    onTrouble: (message) => troubles.push(message),
    pause: async () => undefined,
  });
  return { send, taken, troubles };
}

test('a line that was not taken is sent again until it is', async () => {
  const { send, taken, troubles } = open(5);
  send(from, line(1));
  await vi.waitFor(() => expect(taken).toEqual([line(1)]));
  expect(troubles).toEqual([]);
});

test('one that is never taken is given up, and that is told', async () => {
  const { send, taken, troubles } = open(1000);
  send(from, line(1));
  await vi.waitFor(() => expect(troubles).toEqual(['A log line of a built-in agent was lost.']));
  expect(taken).toEqual([]);
});
