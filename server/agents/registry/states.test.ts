import { describe, expect, it } from 'vitest';
import { orderFor, type Signs, stateOf } from './states.ts';

const clock = { now: 100_000, beatMs: 1000 };
const calm: Signs = {
  ordered: null,
  probing: false,
  leaving: false,
  lastBeatAt: 100_000,
  inFlight: 0,
  maxConcurrency: 2,
};
const silentFor = (ms: number): Signs => ({ ...calm, lastBeatAt: clock.now - ms });

describe('the state of an agent', () => {
  it.each([
    [0, 'online'],
    [1_100, 'online'],
    [2_400, 'online'],
    [2_600, 'stale'],
    [4_400, 'stale'],
    [4_600, 'offline'],
  ] as const)('after %i ms of silence with a beat a second it is %s', (ms, state) => {
    expect(stateOf(silentFor(ms), clock)).toBe(state);
  });

  it('is busy when its hands are full', () => {
    expect(stateOf({ ...calm, inFlight: 1 }, clock)).toBe('online');
    expect(stateOf({ ...calm, inFlight: 2 }, clock)).toBe('busy');
  });

  it('shows what was ordered over what it does, but shows when it is gone', () => {
    expect(stateOf({ ...calm, ordered: 'paused', inFlight: 2 }, clock)).toBe('paused');
    expect(stateOf({ ...silentFor(3000), ordered: 'draining' }, clock)).toBe('draining');
    expect(stateOf({ ...silentFor(9000), ordered: 'quarantined' }, clock)).toBe('offline');
  });

  it('drains when it says so itself', () => {
    expect(stateOf({ ...calm, leaving: true }, clock)).toBe('draining');
  });

  it('in quarantine it is tried with one task and no more', () => {
    const tried: Signs = { ...calm, ordered: 'quarantined', probing: true };
    expect(stateOf(tried, clock)).toBe('online');
    expect(stateOf({ ...tried, inFlight: 1 }, clock)).toBe('busy');
    expect(orderFor('quarantined', true)).toEqual({ order: 'serve', max: 1 });
    expect(orderFor('quarantined', false)).toEqual({ order: 'quarantine' });
  });

  it('needs no beats when its life is that of this process', () => {
    expect(stateOf({ ...calm, lastBeatAt: null }, clock)).toBe('online');
  });
});
