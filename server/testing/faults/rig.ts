import { expect } from 'vitest';
import type { Sql } from '#db/client.ts';
import { audit } from '#server/auditor/audit.ts';
import type { Reply } from '#server/domain/engine/happenings.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { type AgentId, fromUuid, makeId, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isRunOver, RUN_STATUSES, type RunStatus, type TaskStatus } from '#server/domain/statuses.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createTestDatabase } from '../database.ts';
import { createGraphStore } from '../graph-store.ts';
import { type EngineChild, startEngineChild } from './engine-child.ts';
import { checkLedger, createLedger } from './ledger.ts';
import type { BootOptions } from './protocol.ts';
import { createRandom, randomGraph } from './random-graphs.ts';
import { until } from './until.ts';

const OPEN_STATUSES = RUN_STATUSES.filter((status) => !isRunOver(status));

export interface TaskRecord {
  idx: number;
  status: TaskStatus;
  epoch: number;
  attempt: number;
  losses: number;
  agent_id: string | null;
}

/** One database with an outside service, the engine processes that work on it, and what is to be known of its runs. */
export interface Rig extends AsyncDisposable {
  url: string;
  sql: Sql;
  newAgentId(): AgentId;
  newRunId(): RunId;
  engine(options?: Partial<BootOptions>): Promise<EngineChild>;
  boot(options?: Partial<BootOptions>): BootOptions;
  version(graph: GraphInput): Promise<VersionId>;
  /** Starts a run and expects to be told that it is accepted. */
  start(engine: EngineChild, graph: GraphInput, input?: Json): Promise<RunId>;
  /** What a caller asks for who has a key; the key is new each time. */
  order(graph: GraphInput): Promise<KeyedStart>;
  /** As such a caller does: the same run, however often it is asked for. Null: no answer, try again. */
  startOnce(engine: EngineChild, order: KeyedStart): Promise<RunId | null>;
  /** Random runs to be asked for, their versions stored. */
  orders(count: number, seed: number): Promise<KeyedStart[]>;
  /** Starts them side by side, asking again until each is accepted. */
  startAll(engine: EngineChild, orders: readonly KeyedStart[]): Promise<RunId[]>;
  /** Both at once. */
  load(engine: EngineChild, count: number, seed: number): Promise<RunId[]>;
  status(runId: RunId): Promise<RunStatus | null>;
  tasks(runId: RunId): Promise<TaskRecord[]>;
  ended(runId: RunId, withinMs?: number): Promise<RunStatus>;
  allEnded(withinMs?: number): Promise<void>;
  /** Every invariant holds, in the rows and in what the outside service has seen. */
  expectSound(): Promise<void>;
}

export interface KeyedStart {
  versionId: VersionId;
  key: string;
  runId: RunId;
}

/** `server` is a Postgres of the test's own, when it shall be killed. */
export async function createRig(server?: string): Promise<Rig> {
  const database = await createTestDatabase(server);
  const { sql, url } = database;
  await createLedger(sql);
  const uuid = createUuidSource(Date.now);
  const graphs = createGraphStore(sql, uuid);
  const children: EngineChild[] = [];
  const newAgentId = (): AgentId => makeId('agent', uuid());
  const newRunId = (): RunId => makeId('run', uuid());

  const boot = (options: Partial<BootOptions> = {}): BootOptions => ({
    url,
    serviceUrl: url,
    agentId: newAgentId(),
    ...options,
  });

  async function start(engine: EngineChild, graph: GraphInput, input: Json = null): Promise<RunId> {
    const runId = newRunId();
    const reply = await engine.start({ versionId: await graphs.store(graph), input, runId });
    expect(reply).toMatchObject({ ok: true });
    return runId;
  }

  async function startOnce(
    engine: EngineChild,
    { versionId, key, runId }: KeyedStart,
  ): Promise<RunId | null> {
    const order = { versionId, input: null, runId, idempotency: { key, requestHash: key } };
    const reply: Reply | null = await engine.start(order).catch(() => null);
    if (!reply) return null;
    if (reply.ok) return runId;
    const [row] = await sql<
      { run_id: string }[]
    >`SELECT run_id FROM idempotency_keys WHERE key = ${key}`.catch(() => []);
    return row ? fromUuid('run', row.run_id) : null;
  }

  async function order(graph: GraphInput): Promise<KeyedStart> {
    const runId = newRunId();
    return { versionId: await graphs.store(graph), key: `key of ${runId}`, runId };
  }

  async function orders(count: number, seed: number): Promise<KeyedStart[]> {
    const random = createRandom(seed);
    return Promise.all(Array.from({ length: count }, () => order(randomGraph(random))));
  }

  const startAll = (engine: EngineChild, wanted: readonly KeyedStart[]): Promise<RunId[]> =>
    Promise.all(wanted.map((each) => until(`${each.runId} to be accepted`, () => startOnce(engine, each))));

  async function status(runId: RunId): Promise<RunStatus | null> {
    const [row] = await sql<{ status: RunStatus }[]>`
      SELECT status FROM runs WHERE id = ${toUuid(runId)}::text::uuid`;
    return row?.status ?? null;
  }

  return {
    url,
    sql,
    newAgentId,
    newRunId,
    boot,
    async engine(options = {}) {
      const child = await startEngineChild(boot(options));
      children.push(child);
      return child;
    },
    version: graphs.store,
    start,
    order,
    startOnce,
    orders,
    startAll,
    load: async (engine, count, seed) => startAll(engine, await orders(count, seed)),
    status,
    tasks: (runId) => sql<TaskRecord[]>`
      SELECT idx, status, epoch, attempt, losses, agent_id FROM tasks
      WHERE run_id = ${toUuid(runId)}::text::uuid ORDER BY idx`,
    ended: (runId, withinMs) =>
      until(
        `the end of ${runId}`,
        async () => {
          const now = await status(runId);
          return now !== null && isRunOver(now) && now;
        },
        withinMs,
      ),
    async allEnded(withinMs) {
      await until(
        'the end of all runs',
        async () => {
          const [row] = await sql<{ open: number }[]>`
            SELECT count(*)::int AS open FROM runs WHERE status::text = ANY (${`{${OPEN_STATUSES}}`}::text::text[])`;
          return row?.open === 0;
        },
        withinMs,
      );
    },
    async expectSound() {
      const { findings } = await audit({ sql, graphOf: graphs.graphOf });
      // In the message too: a second try shows no difference of the first.
      expect(findings, JSON.stringify(findings.slice(0, 5))).toEqual([]);
      expect(await checkLedger(sql)).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map((child) => child.kill()));
      await database[Symbol.asyncDispose]();
    },
  };
}
