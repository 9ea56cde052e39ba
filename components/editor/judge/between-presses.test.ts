import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { betweenPresses } from './between-presses.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function pointer() {
  const window = new EventTarget() as unknown as Window;
  const said: string[] = [];
  const presses = betweenPresses(window);
  return {
    said,
    presses,
    say: (word: string) => presses.say(() => void said.push(word)),
    does: (event: string) => window.dispatchEvent(new Event(event)),
  };
}

test('what is said while nothing is pressed is said at once', () => {
  const { say, said } = pointer();
  say('wrong');
  expect(said).toEqual(['wrong']);
});

test.for(['pointerup', 'pointercancel', 'dragend', 'blur'])(
  'the newest of what is said during a press is said after the click that ends it (%s)',
  (end) => {
    const { say, said, does } = pointer();
    does('pointerdown');
    say('wrong');
    say('right again');
    does(end);
    expect(said).toEqual([]);
    vi.runAllTimers();
    expect(said).toEqual(['right again']);
    say('next');
    expect(said).toEqual(['right again', 'next']);
  },
);

test('a second press before the turn is over keeps it back', () => {
  const { say, said, does } = pointer();
  does('pointerdown');
  say('wrong');
  does('pointerup');
  does('pointerdown');
  vi.runAllTimers();
  expect(said).toEqual([]);
});

test('whoever stopped says nothing that waited', () => {
  const { say, said, does, presses } = pointer();
  does('pointerdown');
  say('wrong');
  does('pointerup');
  presses.stop();
  vi.runAllTimers();
  expect(said).toEqual([]);
});
