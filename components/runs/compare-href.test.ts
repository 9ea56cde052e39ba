import { expect, test } from 'vitest';
import { compareHref } from './compare-href.ts';

test('the older of two runs stands first, whichever was chosen first', () => {
  for (const [one, other] of [['run_01', 'run_02'] as const, ['run_02', 'run_01'] as const])
    expect(compareHref(one, other)).toBe('/runs/compare?a=run_01&b=run_02');
});
