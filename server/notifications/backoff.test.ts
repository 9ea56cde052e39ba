import { describe, expect, test } from 'vitest';
import { MAX_DELIVERY_TRIES } from '#server/domain/notifications.ts';
import { nextDelayMs, SCHEDULE_MS } from './backoff.ts';

const HOUR_MS = 3_600_000;
/** After each try: how many are left. */
const LEFT = Array.from({ length: MAX_DELIVERY_TRIES }, (_, at) => MAX_DELIVERY_TRIES - 1 - at);

describe('the time between tries', () => {
  test('grows from seconds to a day, and there is none after the last one', () => {
    const delays = LEFT.map((left) => nextDelayMs(left, () => 0.5));
    expect(delays).toEqual([...SCHEDULE_MS, null]);
    expect([...SCHEDULE_MS].sort((a, b) => a - b)).toEqual([...SCHEDULE_MS]);
    expect(SCHEDULE_MS.at(-1)).toBe(24 * HOUR_MS);
  });

  test('differs by a tenth at most, so that what failed together comes apart', () => {
    for (const [at, planned] of SCHEDULE_MS.entries()) {
      const left = LEFT[at] as number;
      expect(nextDelayMs(left, () => 0)).toBe(Math.round(planned * 0.9));
      expect(nextDelayMs(left, () => 1)).toBe(Math.round(planned * 1.1));
    }
  });

  test('is none for a delivery that a dead process took up beyond its last try', () => {
    expect(nextDelayMs(-1, () => 0.5)).toBeNull();
  });
});
