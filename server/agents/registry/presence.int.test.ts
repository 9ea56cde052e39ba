import { describe, expect, it, onTestFinished } from 'vitest';
import { type AgentId, DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { PRESENCE } from '#server/redis/keys.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { eventually, openWorld, type World } from '#server/testing/agent-world.ts';
import { type AgentSystem, createAgentSystem } from '../system.ts';

/** So long that nothing here depends on how quick the machine is: only the clock that a test moves makes it late. */
const BEAT_MS = 600_000;
const registration = {
  name: 'resizer',
  transport: 'pull' as const,
  capabilities: [{ name: 'resize' }],
  max_concurrency: 1,
};

let aheadMs = 0;
const now = (): number => Date.now() + aheadMs;

const stateAt = (agents: AgentSystem, id: AgentId) =>
  agents.fleet.now().find(({ record }) => record.id === id)?.state;

const writtenOf = async ({ database }: World, id: AgentId) => {
  const [row] = await database.sql<{ state: string }[]>`
    SELECT state FROM agent_health WHERE agent_id = ${toUuid(id)}::text::uuid`;
  return row?.state;
};

async function historyOf({ database }: World, id: AgentId): Promise<string[]> {
  const rows = await database.sql<{ state: string }[]>`
    SELECT state FROM agent_history WHERE agent_id = ${toUuid(id)}::text::uuid ORDER BY at`;
  return rows.map(({ state }) => state);
}

async function join(world: World) {
  aheadMs = 0;
  const { id, generation } = await world.program().agents.registry.register(DEFAULT_ORG_ID, registration);
  await eventually(async () => expect(await writtenOf(world, id)).toBe('online'));
  return { id, generation };
}

describe('a process that has just begun', () => {
  it('takes nobody for gone whom it cannot have heard yet, and says so of no task that is queued', async () => {
    const world = await openWorld({ agents: { beatMs: BEAT_MS, now } });
    const { id } = await join(world);
    const { sql } = world.database;
    const runId = await world.startRun({ stages: [{ key: 'work', type: 'resize' }] });
    expect(await world.task(runId)).toMatchObject({ status: 'queued' });
    // It beat for hours, which is written down nowhere but in a hot state that ended with the process.
    await sql`UPDATE agents SET registered_at = now() - interval '9 hours'`;
    await sql`UPDATE agent_health SET last_beat_at = now() - interval '9 hours'`;
    await world.hot.leave(PRESENCE.agents, id);
    await world.restart();
    expect(stateAt(world.program().agents, id)).toBe('online');
    const told = await sql<{ type: string }[]>`
      SELECT e ->> 'type' AS type FROM run_events, json_array_elements(entries) AS e ORDER BY seq_from`;
    expect(told.map(({ type }) => type)).not.toContain('task.waiting');
    expect(await world.task(runId)).toMatchObject({ status: 'queued', epoch: 1, wait: null });

    // Time enough to be heard, and it was not.
    aheadMs = 3 * BEAT_MS;
    await world.program().agents.fleet.refresh();
    expect(stateAt(world.program().agents, id)).toBe('stale');
    aheadMs = 5 * BEAT_MS;
    await world.program().agents.fleet.refresh();
    expect(stateAt(world.program().agents, id)).toBe('offline');
    expect(await historyOf(world, id)).toEqual(['online', 'stale', 'offline']);
  });

  it('brings nobody back who was gone before it began', async () => {
    const world = await openWorld({ agents: { beatMs: BEAT_MS, now } });
    const { id } = await join(world);
    aheadMs = 5 * BEAT_MS;
    await world.program().agents.fleet.refresh();
    await world.restart();
    expect(stateAt(world.program().agents, id)).toBe('offline');
    expect(await historyOf(world, id)).toEqual(['online', 'offline']);
  });
});

it('an agent that speaks to one process lives for another on the same database, without Redis', async () => {
  const world = await openWorld({ agents: { beatMs: BEAT_MS, now, writesBeats: true } });
  const other = await openOther(world);
  const { id, generation } = await join(world);
  const { agents } = world.program();
  const both = async () => {
    await agents.fleet.refresh();
    await other.fleet.refresh();
  };
  for (let beats = 1; beats <= 10; beats += 1) {
    aheadMs = beats * BEAT_MS;
    await agents.pull.heartbeat({ agentId: id, generation }, { in_flight: 1 }, []);
    await both();
    expect(stateAt(agents, id)).toBe('busy');
    expect(stateAt(other, id)).toBe('online');
    // How much it has in hand is for the one to say that hears it.
    expect(await writtenOf(world, id)).toBe('busy');
  }
  expect(await historyOf(world, id)).toEqual(['online']);
  aheadMs = 15 * BEAT_MS;
  await both();
  expect([stateAt(agents, id), stateAt(other, id)]).toEqual(['offline', 'offline']);
});

async function openOther({ database, broker, troubles }: World): Promise<AgentSystem> {
  const hot = createMemoryHotState();
  await hot.start();
  const fetch = createSafeFetch({ allow: [] });
  const never = () => Promise.reject(new Error('nothing is handed out here'));
  const system = createAgentSystem({
    ...{ sql: database.sql, hot, broker, fetch, orgId: DEFAULT_ORG_ID, maxAgents: 100, builtins: [] },
    ...{ instance: 'other', newUuid: createUuidSource(Date.now), now, beatMs: BEAT_MS, writesBeats: true },
    artefactsOf: () => ({ put: never, get: never }),
    onTrouble: (message) => troubles.push(message),
  });
  const no = (): never => {
    throw new Error('nothing is reported here');
  };
  const reports = { result: no, accept: no, report: no, keepLate: no };
  const engine = { offerWaiting: () => undefined, sendAgain: async () => false, tell: never };
  system.connect({ engine, reports });
  await system.start();
  onTestFinished(async () => {
    await system.stop();
    fetch.close();
    await hot.stop();
  });
  return system;
}
