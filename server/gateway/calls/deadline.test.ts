import { expect, test } from 'vitest';
import { createDeadline } from './deadline.ts';

const LATE = new Error('too late');

/** A deadline of 1000 ms, and a clock that is moved by hand. */
function makeDeadline() {
  let at = 0;
  const alarms = new Map<() => void, number>();
  const caller = new AbortController();
  const deadline = createDeadline({
    ...{ timeoutMs: 1000, signal: caller.signal, now: () => at, late: () => LATE },
    after(ms, act) {
      alarms.set(act, at + ms);
      return () => void alarms.delete(act);
    },
  });
  return {
    ...{ deadline, caller },
    pass(ms: number): void {
      at += ms;
      for (const [act, due] of alarms) if (due <= at) act();
    },
  };
}

test('a call ends when its time is up, and not before', () => {
  const { deadline, pass } = makeDeadline();
  pass(999);
  expect(deadline.signal.aborted).toBe(false);
  pass(1);
  expect([deadline.signal.reason, deadline.why()]).toEqual([LATE, { reason: LATE }]);
});

test('what people take to think is not counted, and what came before is', () => {
  const { deadline, pass } = makeDeadline();
  pass(600);
  deadline.pause();
  // Asked two things at once.
  deadline.pause();
  pass(86_400_000);
  deadline.resume();
  pass(86_400_000);
  expect(deadline.signal.aborted).toBe(false);
  deadline.resume();
  pass(399);
  expect(deadline.signal.aborted).toBe(false);
  pass(1);
  expect(deadline.signal.reason).toBe(LATE);
});

test('whoever waits may go before: that is not for being late', () => {
  const { deadline, caller } = makeDeadline();
  caller.abort('gone');
  expect([deadline.signal.reason, deadline.why()]).toEqual(['gone', null]);
});

test('one that is stopped rings no more', () => {
  const { deadline, pass, caller } = makeDeadline();
  deadline.stop();
  pass(2000);
  caller.abort();
  expect([deadline.signal.aborted, deadline.why()]).toEqual([false, null]);
});
