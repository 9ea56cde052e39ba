import { describe, expect, it } from 'vitest';
import { ERROR_CLASSES } from '#server/domain/graph/schema.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { BREAKER_DEFAULTS, coolDownMs, createBreakerCounts, isAgentFault } from './breaker.ts';

const options = { ...BREAKER_DEFAULTS, failures: 3, share: 0.5, windowMs: 60_000 };
const agent = 'agent_1' as AgentId;
const other = 'agent_2' as AgentId;

describe('breaker counts', () => {
  it('trips at the failure that is one too many, and begins anew', () => {
    const counts = createBreakerCounts(options);
    expect([0, 1, 2, 3].map((second) => counts.add(agent, true, second * 1000))).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it('forgets what lies further back than the window', () => {
    const counts = createBreakerCounts(options);
    counts.add(agent, true, 0);
    counts.add(agent, true, 1000);
    expect(counts.add(agent, true, 61_000)).toBe(false);
    expect(counts.add(agent, true, 62_000)).toBe(false);
    expect(counts.add(agent, true, 63_000)).toBe(true);
  });

  it('lets an agent be that fails now and then among many answers', () => {
    const counts = createBreakerCounts(options);
    for (let i = 0; i < 100; i += 1) counts.add(agent, false, 1000);
    expect(Array.from({ length: 50 }, () => counts.add(agent, true, 1000))).not.toContain(true);
  });

  it('counts each agent by itself', () => {
    const counts = createBreakerCounts(options);
    counts.add(agent, true, 0);
    counts.add(agent, true, 0);
    expect(counts.add(other, true, 0)).toBe(false);
    expect(counts.add(agent, true, 0)).toBe(true);
  });

  it('blames an agent for its own faults only', () => {
    expect(ERROR_CLASSES.filter(isAgentFault)).toEqual(['agent', 'lost', 'internal']);
  });

  it('lets it rest twice as long each time, up to a bound', () => {
    expect(
      [1, 2, 3, 50].map((trips) => coolDownMs({ ...options, coolDownMs: 10, maxCoolDownMs: 35 }, trips)),
    ).toEqual([10, 20, 35, 35]);
  });
});
