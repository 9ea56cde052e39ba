import { expect, test, vi } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import { despiteOutages } from './despite-outages.ts';

const outage = (code: string) => Object.assign(new Error(code), { code });
const failing = (...errors: Error[]) =>
  vi.fn(async () => {
    const error = errors.shift();
    if (error) throw error;
    return 'done';
  });

test('what is away is waited for, however it says so, and told once', async () => {
  const onAway = vi.fn();
  const act = failing(outage('EAI_AGAIN'), outage('57P03'), new SignalboxError('UNAVAILABLE', 'no store'));
  expect(await despiteOutages(act, { onAway })).toBe('done');
  expect(act).toHaveBeenCalledTimes(4);
  expect(onAway).toHaveBeenCalledTimes(1);
});

test('anything else is thrown at once', async () => {
  const act = failing(new Error('wrong'));
  await expect(despiteOutages(act, {})).rejects.toThrow('wrong');
  expect(act).toHaveBeenCalledTimes(1);
});

test('whoever waits no longer is told what was away', async () => {
  const stop = new AbortController();
  const act = failing(...Array.from({ length: 100 }, () => outage('ECONNREFUSED')));
  const waiting = despiteOutages(act, { signal: stop.signal, onAway: () => stop.abort() });
  await expect(waiting).rejects.toThrow('ECONNREFUSED');
  expect(act).toHaveBeenCalledTimes(1);
});
