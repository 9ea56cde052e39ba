import { describe, expect, test } from 'vitest';
import {
  CONDITION_LIMITS,
  CONDITIONS,
  type ConditionLimits,
  createConditions,
  ENOUGH,
  WINDOW_MS,
} from './conditions.ts';

function makeWorld(limits: Partial<ConditionLimits> = {}) {
  let nowMs = 1_000_000;
  const conditions = createConditions({ limits: { ...CONDITION_LIMITS, ...limits }, now: () => nowMs });
  const times = (count: number, act: () => void) => {
    for (let at = 0; at < count; at += 1) act();
  };
  return {
    conditions,
    times,
    pass: (ms: number) => {
      nowMs += ms;
    },
    look: (name: keyof typeof CONDITIONS) => conditions.read().find((one) => one.name === name),
    triggered: () =>
      conditions
        .read()
        .filter(({ isTriggered }) => isTriggered)
        .map(({ name }) => name),
  };
}

const fine = { isConflict: false, ms: 5, waitedMs: 1 };

describe('conditions', () => {
  test('say nothing where nothing was seen', () => {
    const { conditions } = makeWorld();
    expect(conditions.read().map(({ value, isTriggered }) => [value, isTriggered])).toEqual(
      Object.keys(CONDITIONS).map(() => [null, false]),
    );
  });

  test('are triggered by a share above the limit, once enough was seen, and not at the limit', () => {
    const { conditions, times, look, triggered } = makeWorld({ mcp_error_rate: 10 });
    conditions.called({ isFault: true, ms: 1 });
    expect(look('mcp_error_rate')).toMatchObject({ value: 100, isTriggered: false });
    times(ENOUGH - 2, () => conditions.called({ isFault: false, ms: 1 }));
    conditions.called({ isFault: true, ms: 1 });
    expect(look('mcp_error_rate')).toMatchObject({ value: 10, isTriggered: false, samples: ENOUGH });
    conditions.called({ isFault: true, ms: 1 });
    expect(triggered()).toEqual(['mcp_error_rate']);
  });

  test('go by the time that 95 of 100 do not exceed', () => {
    const { conditions, times, look, triggered } = makeWorld();
    times(95, () => conditions.changed(fine));
    times(5, () => conditions.changed({ ...fine, ms: 9000, waitedMs: 8000 }));
    expect(look('workspace_latency')).toMatchObject({ value: 5, isTriggered: false });
    conditions.changed({ ...fine, ms: 9000, waitedMs: 8000 });
    expect(triggered()).toEqual(['workspace_latency', 'workspace_lock_wait']);
  });

  test('tell of conflicts, of a hot state that lags, and of one that has too little', () => {
    const { conditions, times, triggered } = makeWorld();
    times(ENOUGH, () => {
      conditions.changed({ ...fine, isConflict: true });
      conditions.synced(11);
      conditions.looked('miss');
    });
    expect(triggered()).toEqual(['workspace_conflict_rate', 'workspace_sync_lag', 'workspace_hit_rate']);
  });

  test('tell how full hot state is now, whatever it was before, and nothing where it has no limit', () => {
    const { conditions, look, triggered } = makeWorld();
    conditions.filled(0.81);
    expect(triggered()).toEqual(['hot_state_memory']);
    conditions.filled(0.8);
    expect(look('hot_state_memory')).toMatchObject({ value: 80, isTriggered: false });
    conditions.filled(null);
    expect(look('hot_state_memory')).toMatchObject({ value: null, samples: 0 });
  });

  test('are over when what they tell of is long ago', () => {
    const { conditions, times, pass, triggered, look } = makeWorld();
    times(ENOUGH, () => conditions.called({ isFault: true, ms: 9000 }));
    expect(triggered()).toEqual(['mcp_error_rate', 'mcp_latency']);
    pass(WINDOW_MS);
    expect(look('mcp_latency')).toMatchObject({ value: null, samples: 0, isTriggered: false });
  });

  test('hold the newest of very many, and no more', () => {
    const { conditions, times, look } = makeWorld();
    times(10_000, () => conditions.called({ isFault: true, ms: 1 }));
    times(2000, () => conditions.called({ isFault: false, ms: 1 }));
    expect(look('mcp_error_rate')).toMatchObject({ value: 0, samples: 2000 });
  });
});
