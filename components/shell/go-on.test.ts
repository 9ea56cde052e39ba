import { expect, test, vi } from 'vitest';
import { goOn } from './go-on.ts';
import { words } from './words.ts';

const RUN = { href: '/runs/run_1', made: 'run' } as const;

test('whoever waits is led on', () => {
  const ways = { push: vi.fn(), toast: vi.fn() };
  goOn(RUN, true, ways);
  expect(ways.push.mock.calls).toEqual([['/runs/run_1']]);
  expect(ways.toast).not.toHaveBeenCalled();
});

test('whoever has gone elsewhere stays there, and is told with a way to it', () => {
  const ways = { push: vi.fn(), toast: vi.fn() };
  goOn(RUN, false, ways);
  expect(ways.push).not.toHaveBeenCalled();
  expect(ways.toast.mock.calls).toEqual([
    [{ title: words.made.run, link: { href: '/runs/run_1', label: words.openIt } }],
  ]);
});
