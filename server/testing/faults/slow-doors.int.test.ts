import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectDatabase, type Sql } from '#db/client.ts';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { toUuid } from '#server/domain/ids.ts';
import { type AskedProcess, forkAsked } from './asked-process.ts';
import type { DoorOrders } from './protocol.ts';
import { until } from './until.ts';

/** More than the doors have sessions. */
const SLOW = 30;
const LEASE_SECONDS = 3;

let program: AskedProcess<DoorOrders>;
let door: DoorOrders['boot']['answer'];
let sql: Sql;
beforeEach(async () => {
  program = forkAsked<DoorOrders>('./door-process.ts');
  door = await program.ask('boot', { settings: {}, maxBodyBytes: 1_000_000 });
  sql = connectDatabase({ url: door.databaseUrl, applicationName: 'test', max: 3 });
});
afterEach(async () => {
  await sql.end({ timeout: 2 });
  await program.ask('stop', null).catch(() => undefined);
  await program.kill();
});

async function call(path: string, body?: object) {
  const response = await fetch(`${door.origin}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${door.secret}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: await response.json() };
}

const sessionsThatWait = async (): Promise<number> => {
  const rows = await sql`SELECT FROM pg_stat_activity
    WHERE application_name = 'signalbox-doors' AND wait_event_type = 'Lock' AND datname = current_database()`;
  return rows.length;
};

/** Nobody reads what analytics read, until the answer is called. */
async function lockFigures(): Promise<() => Promise<void>> {
  const locked = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const holding = sql.begin(async (held) => {
    await held`LOCK TABLE run_rollups, run_totals, task_rollups, task_totals IN ACCESS EXCLUSIVE MODE`;
    locked.resolve();
    await asked.promise;
  });
  await locked.promise;
  return async () => {
    asked.resolve();
    await holding;
  };
}

test('F34 slow analytics that take every session of the doors end no lease, and agents claim, beat and answer as ever', async () => {
  const registration = { name: 'worker', capabilities: ['deed'], max_concurrency: 5 };
  const { body: agent } = await call('/agents/register', registration);
  const stages = [{ name: 'deed', type: 'deed', timeouts: { idleSeconds: LEASE_SECONDS } }];
  const { body: pipeline } = await call('/pipelines', { name: 'deeds', stages });
  const runs: string[] = [];
  for (let at = 0; at < 2; at += 1) {
    const { body } = await call(`/pipelines/${pipeline.id}/execute`, { input_data: at });
    runs.push(body.id);
  }
  const { generation } = agent;
  const claim = async () => {
    const { body } = await call(`/agents/${agent.id}/claim`, { generation, max: 1, wait_ms: 5000 });
    return body.tasks[0] as { task_id: string; epoch: number } | undefined;
  };
  const beat = (task: { task_id: string; epoch: number }) =>
    call(`/agents/${agent.id}/heartbeat`, {
      generation,
      beat: { in_flight: 1 },
      tasks: [{ type: 'beat', task_id: task.task_id, epoch: task.epoch }],
    });
  const leaseOf = async (task: { task_id: string }) => {
    const [row] = await sql<{ until: number }[]>`
      SELECT extract(epoch FROM due_at)::float8 AS until FROM tasks
      WHERE run_id = ${toUuid(`run_${task.task_id.slice(5, 37)}`)}::text::uuid`;
    return row?.until ?? 0;
  };
  const first = await until('the first task to be claimed', claim);

  const unlock = await lockFigures();
  const slow = Promise.all(Array.from({ length: SLOW }, () => call('/analytics')));
  await until('analytics to have every session', async () => (await sessionsThatWait()) >= 8);
  const lease = await leaseOf(first);
  await until('two leases to be outlived', async () => {
    expect((await beat(first)).body.answers).toMatchObject([{ status: 'ok' }]);
    return (await leaseOf(first)) > lease + 2 * LEASE_SECONDS;
  });
  const second = await until('the second task to be claimed', claim);
  const reports = [first, second].map(({ task_id, epoch }) => ({
    ...{ type: 'succeeded', task_id, epoch, output: null },
  }));
  const answered = await call(`/agents/${agent.id}/reports`, { generation, reports });
  expect(answered.body.answers).toEqual([{ status: 'ok' }, { status: 'ok' }]);
  expect(await sessionsThatWait()).toBeGreaterThanOrEqual(8);
  const tasks = await sql`SELECT status, epoch, losses FROM tasks`;
  expect(tasks).toEqual(runs.map(() => ({ status: 'succeeded', epoch: 1, losses: 0 })));

  await unlock();
  expect((await slow).map(({ status }) => status)).toEqual(Array.from({ length: SLOW }, () => 200));
  expect((await audit({ sql, graphOf: createGraphCache(sql) })).findings).toEqual([]);
});
