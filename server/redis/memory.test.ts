import { describe, expect, it } from 'vitest';
import { describeHotStateContract } from './contract.ts';
import { CHANNEL, KEY, LOCK } from './keys.ts';
import { createMemoryHotState } from './memory.ts';

describeHotStateContract('memory', async () => {
  let nowMs = 1_790_000_000_000;
  const state = createMemoryHotState({ now: () => nowMs });
  await state.start();
  return {
    state,
    unique: (name) => name,
    async pass(ms) {
      nowMs += ms;
    },
    close: () => state.stop(),
  };
});

describe('memory hot state', () => {
  it('gives higher tokens after a restart', async () => {
    let nowMs = 1_790_000_000_000;
    const before = await createMemoryHotState({ now: () => nowMs }).acquireLock(LOCK.agentHealth, 'me', 1000);
    nowMs += 1;
    const after = await createMemoryHotState({ now: () => nowMs }).acquireLock(LOCK.agentHealth, 'me', 1000);
    expect(after?.token).toBeGreaterThan(before?.token ?? Number.POSITIVE_INFINITY);
  });

  it('tells about a handler that throws', async () => {
    const errors: unknown[] = [];
    const state = createMemoryHotState({ onHandlerError: (error) => errors.push(error) });
    await state.subscribe(CHANNEL.agents, () => {
      throw new Error('a bug of the handler');
    });
    await state.publish(CHANNEL.agents, 'message');
    await Promise.resolve();
    expect(errors).toHaveLength(1);
  });

  it('says whether it runs', async () => {
    const state = createMemoryHotState();
    expect(state.state()).toMatchObject({ kind: 'memory', connected: false });
    await state.start();
    expect(state.state()).toMatchObject({ connected: true, subscribed: true, lastError: null });
    await state.set(KEY.workspaceContent('org', 'x'), 'y');
    await state.stop();
    expect(state.state().connected).toBe(false);
  });
});
