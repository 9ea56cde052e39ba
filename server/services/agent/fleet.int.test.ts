import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AgentId, DEFAULT_ORG_ID, type OrgId, toUuid } from '#server/domain/ids.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { archivePipeline } from '../pipeline/archive.ts';
import { createPipeline } from '../pipeline/create.ts';
import { startRun } from '../run/start.ts';
import { ACTIVITY_MINUTES, readAgentActivity } from './activity.ts';
import { listCoverage } from './coverage.ts';
import { readAgentHistory } from './history.ts';
import { listAgents } from './list.ts';
import { orderAgent } from './order.ts';
import { readAgentWork } from './work.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
const stranger = () => ({ ...program.actor, orgId: 'org_00000000000070008000000000000002' as OrgId });
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const PATIENCE = { timeout: 60_000, interval: 50 };
let count = 0;
const join = async (capability: string) => {
  const registration = { name: `agent ${++count}`, transport: 'pull' as const };
  return program.services.agents.registry.register(DEFAULT_ORG_ID, {
    ...registration,
    capabilities: [{ name: capability }],
  });
};
const publish = (name: string, type: string) =>
  createPipeline(...at(), { name, document: { stages: [{ key: 'only', type }] }, publish: true });
const stateOf = async (id: AgentId) =>
  (await listAgents(...at())).items.find((agent) => agent.id === id)?.state;

describe('the history of an agent', () => {
  test('has a row for each order and none for being busy', async () => {
    const { id, generation } = await join('history');
    await vi.waitFor(async () => expect(await stateOf(id)).toBe('online'), PATIENCE);
    const { pull } = program.services.agents;
    await pull.heartbeat({ agentId: id, generation }, { in_flight: 1, load: 1 }, []);
    await vi.waitFor(async () => expect(await stateOf(id)).toBe('busy'), PATIENCE);
    await orderAgent(...at(), { id, order: 'drain', reason: 'its disk is replaced' });
    await vi.waitFor(async () => {
      const { from, to, changes } = await readAgentHistory(...at(), { id });
      expect(changes.map(({ state }) => state)).toEqual(['online', 'draining']);
      expect(to.getTime() - from.getTime()).toBe(24 * 3_600_000);
    }, PATIENCE);
  });

  test('begins with what it was when the stretch began, and is nothing to a stranger', async () => {
    const { id } = await join('older');
    await vi.waitFor(async () => expect(await stateOf(id)).toBe('online'), PATIENCE);
    await program.database
      .sql`UPDATE agent_history SET at = at - interval '3 hours' WHERE agent_id = ${toUuid(id)}::text::uuid`;
    const { from, changes } = await readAgentHistory(...at(), { id, hours: 1 });
    expect(changes[0]).toEqual({ at: from, state: 'online' });
    await expect(readAgentHistory(program.services, stranger(), { id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

test('whoever is gone is offline, whatever was ordered', async () => {
  const { id } = await join('gone');
  await vi.waitFor(async () => expect(await stateOf(id)).toBe('online'), PATIENCE);
  await orderAgent(...at(), { id, order: 'pause', reason: 'a test' });
  expect(await stateOf(id)).toBe('paused');
  await program.database
    .sql`UPDATE agent_health SET state = 'offline' WHERE agent_id = ${toUuid(id)}::text::uuid`;
  expect(await stateOf(id)).toBe('offline');
});

test('the last hour of an agent is told minute by minute, and what is older is not', async () => {
  const { id } = await join('counted');
  const add = (minutesAgo: number, ended: number) =>
    program.database
      .sql`INSERT INTO agent_performance (org_id, agent_id, capability, minute, succeeded, failed, lost, busy_ms, max_ms)
      VALUES (${toUuid(program.actor.orgId)}::text::uuid, ${toUuid(id)}::text::uuid, 'counted',
        date_trunc('minute', now()) - make_interval(mins => ${minutesAgo}::int), ${ended}::int, 1, 0, 500, 300)`;
  await add(0, 3);
  await add(10, 5);
  await add(ACTIVITY_MINUTES + 5, 100);
  const mine = (await readAgentActivity(...at())).agents.find(({ agentId }) => agentId === id);
  expect(mine).toMatchObject({ succeeded: 8, failed: 2, lost: 0, busyMs: 1000, longestMs: 300 });
  expect(mine?.ended).toHaveLength(ACTIVITY_MINUTES);
  expect(mine?.ended.filter((ended) => ended > 0)).toEqual([6, 4]);
  expect((await readAgentActivity(program.services, stranger())).agents).toEqual([]);
});

describe('coverage', () => {
  const of = async (capability: string) =>
    (await listCoverage(...at())).find((entry) => entry.capability === capability);
  test('names what a published pipeline needs and nobody offers, until somebody comes', async () => {
    const { id } = await publish('lonely', 'translate');
    expect(await of('translate')).toEqual({
      ...{ capability: 'translate', agents: 0, serving: 0, pipelineCount: 1 },
      pipelines: [{ id, name: 'lonely' }],
    });
    const agent = await join('translate');
    await vi.waitFor(
      async () => expect(await of('translate')).toMatchObject({ agents: 1, serving: 1 }),
      PATIENCE,
    );
    await orderAgent(...at(), { id: agent.id, order: 'pause', reason: 'a test' });
    expect(await of('translate')).toMatchObject({ agents: 1, serving: 0 });
  });

  test('reads versions that are older than their list of capabilities, and no archived pipeline', async () => {
    const { id } = await publish('old', 'sing');
    await publish('gone', 'dance').then((made) => archivePipeline(...at(), { id: made.id }));
    await program.database
      .sql`UPDATE versions SET capabilities = NULL WHERE pipeline_id = ${toUuid(id)}::text::uuid`;
    expect(await of('sing')).toMatchObject({ pipelineCount: 1 });
    expect(await of('dance')).toBeUndefined();
    expect(await listCoverage(program.services, stranger())).toEqual([]);
  });
});

test('the text of an error is told with the work of an agent to those who may read it, and its code to all', async () => {
  const { id } = await join('broken');
  const pipeline = await publish('broken', 'mend');
  const { run } = await startRun(...at(), { pipelineId: pipeline.id });
  await program.database
    .sql`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, agent_id, ended, finished_at, error)
    VALUES (${toUuid(run.id)}::text::uuid, 0, 1, ${toUuid(program.actor.orgId)}::text::uuid, 1, ${toUuid(id)}::text::uuid, 'failed', now(),
      '{"class":"agent","code":"X","message":"the card number is 4000"}')`;
  const read = async (role: 'operator' | 'auditor') => {
    const actor = { ...program.actor, kind: 'person' as const, role };
    return (await readAgentWork(program.services, actor, { id })).recent[0]?.error;
  };
  expect(await read('operator')).toMatchObject({ code: 'X', message: 'the card number is 4000' });
  expect(await read('auditor')).toMatchObject({ code: 'X', message: expect.not.stringContaining('4000') });
});
