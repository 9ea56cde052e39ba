import { expect, test } from 'vitest';
import { showsTimeline } from './tabs.ts';

test.each([
  ['/runs/run_1', '', true],
  ['/runs/run_1', '?tab=timeline&stage=a', true],
  // What is no tab is the first one.
  ['/runs/run_1', '?tab=nonsense', true],
  ['/runs/run_1', '?tab=logs', false],
  ['/runs', '', false],
  ['/runs/compare', '?a=run_1', false],
])('the waterfall is wanted with the page at %s%s: %s', (pathname, search, isWanted) => {
  expect(showsTimeline({ pathname, search })).toBe(isWanted);
});
