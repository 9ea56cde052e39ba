import { expect, it } from 'vitest';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import { createInFlight } from './in-flight.ts';

it('does not let two in when the first is committed between the look and the answer', async () => {
  let committed = 0;
  const answers: (() => void)[] = [];
  const inFlight = createInFlight({
    max: 1,
    // What was seen at the time of the look is told when the test says so.
    count: () => {
      const seen = committed;
      return new Promise((resolve) => answers.push(() => resolve(seen)));
    },
    onLimited: () => undefined,
  });
  const start = () =>
    inFlight.within(DEFAULT_ORG_ID, async () => {
      committed += 1;
    });
  const answered = async (at: number) => {
    await expect.poll(() => answers.length).toBeGreaterThan(at);
    answers[at]?.();
  };
  const first = start();
  const second = start();
  await answered(0);
  await first;
  await answered(1);
  await answered(2);
  await expect(second).rejects.toMatchObject({ code: 'LIMITED' });
  expect(committed).toBe(1);
});
