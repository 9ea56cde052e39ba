import { expect, test } from 'vitest';
import type { McpCall } from './call.ts';
import { watchView } from './watch-view.ts';

test('a change is told only when what is shown is another by it, and only of the own organisation', async () => {
  const listeners = new Set<(orgId: string | null) => void>();
  const gateway = {
    onChange(listener: (orgId: string | null) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const troubles: unknown[] = [];
  const call = {
    services: { gateway },
    actor: { orgId: 'org_a' },
    onTrouble: (error: unknown) => troubles.push(error),
  } as unknown as McpCall;
  let shown = ['ask'];
  let looks = 0;
  const told: string[][] = [];
  const look = async () => {
    looks += 1;
    return shown;
  };
  const end = await watchView(call, look, () => told.push(shown));
  const say = async (orgId: string | null) => {
    const before = looks;
    for (const listener of listeners) listener(orgId);
    await expect.poll(() => looks).toBe(before + 1);
  };
  await say('org_a');
  expect(told).toEqual([]);
  shown = ['ask', 'tell'];
  await say('org_a');
  await expect.poll(() => told).toEqual([['ask', 'tell']]);
  for (const listener of listeners) listener('org_b');
  await say(null);
  expect(told).toHaveLength(1);
  expect(looks).toBe(4);
  end();
  expect(listeners.size).toBe(0);
  expect(troubles).toEqual([]);
});
