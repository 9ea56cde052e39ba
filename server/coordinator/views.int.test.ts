import { expect, test } from 'vitest';
import { AgentFailure } from '#server/agents/agent.ts';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { createTestDatabase } from '#server/testing/database.ts';
import { createScriptedEngine } from '#server/testing/scripted-engine.ts';

test('the views for people with SQL count what the engine did in the last day, and nothing older', async () => {
  await using database = await createTestDatabase();
  const { sql } = database;
  await using scripted = await createScriptedEngine({
    url: database.url,
    handlers: {
      echo: async ({ input }) => input,
      broken: async () => {
        throw new AgentFailure('agent', 'SCRIPTED', 'This stage always fails.');
      },
      never: () => new Promise(() => undefined),
    },
  });
  const alone = (type: string) => ({ stages: [{ key: 'only', type, retry: { maxAttempts: 1 } }] });
  for (const type of ['echo', 'echo', 'broken']) await scripted.ended(await scripted.start(alone(type)));
  await scripted.start(alone('never'));
  const counts = () => sql`
    SELECT capability, tasks::int, succeeded::int, failed::int, open::int, avg_run_ms IS NOT NULL AS timed
    FROM task_analytics ORDER BY capability`;
  expect(await counts()).toEqual([
    { capability: 'broken', tasks: 1, succeeded: 0, failed: 1, open: 0, timed: false },
    { capability: 'echo', tasks: 2, succeeded: 2, failed: 0, open: 0, timed: true },
    { capability: 'never', tasks: 1, succeeded: 0, failed: 0, open: 1, timed: false },
  ]);
  // A run's id begins with its time of birth.
  await sql`INSERT INTO tasks (run_id, idx, org_id, stage_key, capability, status, epoch, attempt, losses, progress)
    SELECT uuid_at(now() - interval '25 hours'), 0, org_id, 's', 'echo', 'succeeded', 1, 1, 0, 1 FROM tasks LIMIT 1`;
  expect((await counts())[1]).toMatchObject({ tasks: 2 });

  const [agent, org] = [crypto.randomUUID(), toUuid(DEFAULT_ORG_ID)];
  await sql`INSERT INTO agents (id, org_id, name, transport, capabilities)
    VALUES (${agent}::text::uuid, ${org}::text::uuid, 'worker', 'pull', '[]')`;
  await sql`INSERT INTO agent_performance (org_id, agent_id, capability, minute, succeeded, failed, lost, busy_ms, max_ms)
    VALUES (${org}::text::uuid, ${agent}::text::uuid, 'echo', date_trunc('minute', now()), 3, 1, 0, 800, 400),
      (${org}::text::uuid, ${agent}::text::uuid, 'echo', date_trunc('minute', now() - interval '25 hours'), 9, 9, 9, 9, 9)`;
  expect(
    await sql`SELECT name, succeeded::int, failed::int, success_rate::float8, avg_run_ms::float8, max_run_ms::int
      FROM agent_performance_summary`,
  ).toEqual([
    { name: 'worker', succeeded: 3, failed: 1, success_rate: 0.75, avg_run_ms: 200, max_run_ms: 400 },
  ]);
});
