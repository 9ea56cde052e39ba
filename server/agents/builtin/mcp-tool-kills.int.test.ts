import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import type { TestDatabase } from '#server/testing/database.ts';
import { type AskedProcess, forkAsked } from '#server/testing/faults/asked-process.ts';
import type { DoorOrders } from '#server/testing/faults/protocol.ts';
import { until } from '#server/testing/faults/until.ts';
import { startTestServer } from '#server/testing/http.ts';
import { REPEATABLE, startAsker, WHERE } from '#server/testing/mcp/asker.ts';
import { type PrivateRabbitmq, startPrivateRabbitmq } from '#server/testing/private-rabbitmq.ts';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';

const PATIENCE_MS = 240_000;

let rabbitmq: PrivateRabbitmq;
let redis: PrivateRedis;
beforeAll(async () => {
  [rabbitmq, redis] = await Promise.all([startPrivateRabbitmq(), startPrivateRedis()]);
});
afterAll(() => Promise.all([rabbitmq?.close(), redis?.close()]));

/** This process has the door that people come to; others work, and may be killed. */
async function startWorld(more: Record<string, string>, workers: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-asked-'));
  const settings = {
    // Processes that hear of each other do not wait for their own next look.
    ...{ ...more, REDIS_URL: redis.url, SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' },
    // What one has sealed another can read.
    SIGNALBOX_SECRET_KEYS: `one:${Buffer.alloc(32, 7).toString('base64')}`,
  };
  const door = await startTestServer({ ...settings, SIGNALBOX_ROLES: 'web' });
  const { database } = door.program;
  let working: AskedProcess<DoorOrders>[] = [];
  const boot = async (roles: string) => {
    const dataDir = join(folder, roles.replace(',', '-'));
    await mkdir(dataDir, { recursive: true });
    const process = forkAsked<DoorOrders>('./door-process.ts');
    working.push(process);
    const own = {
      ...{ SIGNALBOX_ROLES: roles, SIGNALBOX_DATA_DIR: dataDir, DATABASE_URL: database.url },
    };
    await process.ask('boot', { settings: { ...settings, ...own }, maxBodyBytes: 1_000_000 });
  };
  const kill = async () => {
    await Promise.all(working.map((each) => each.kill()));
    working = [];
  };
  return {
    ...{ database, kill },
    async call(path: string, body?: object, method?: string) {
      const got = await door.call(`/api/v1${path}`, body, method ? { method } : {});
      if (got.status >= 300) throw new Error(`${path}: ${got.status} ${JSON.stringify(got.body)}`);
      return got.body;
    },
    work: () => Promise.all(workers.map(boot)),
    async [Symbol.asyncDispose]() {
      await kill();
      await door[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type World = Awaited<ReturnType<typeof startWorld>>;

const answerOf = (city: string) => ({ answers: { [WHERE]: { action: 'accept', content: { city } } } });

/** Runs whose tools ask, each once: `told` are answered while nobody works, so that nobody has read the answer. */
const RUNS = {
  old: { slug: 'old', tool: 'travel' },
  oldTold: { slug: 'old', tool: 'travel' },
  oldAgain: { slug: 'old', tool: REPEATABLE },
  young: { slug: 'young', tool: 'travel' },
  youngTold: { slug: 'young', tool: 'travel' },
  moved: { slug: 'moved', tool: 'travel' },
} as const;
type Name = keyof typeof RUNS;
const TOLD: readonly Name[] = ['oldTold', 'oldAgain', 'youngTold', 'moved'];

async function connect({ call }: World, slug: string, url: string): Promise<string> {
  const { connection_id: id } = await call('/mcp/connect', { slug, url });
  const { tools } = await call(`/mcp/connections/${id}/tools`);
  const wanted = tools.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash }));
  await call(`/mcp/connections/${id}/tools/approve`, { tools: wanted });
  return id;
}

async function start({ call }: World, name: Name): Promise<string> {
  const { slug, tool } = RUNS[name];
  const retry = { maxAttempts: 2, initialSeconds: 0, jitter: 0 };
  const stages = [{ name: 'travel', type: 'mcp-tool', config: { connection: slug, tool }, retry }];
  const pipeline = await call('/pipelines', { name, stages });
  return (await call(`/pipelines/${pipeline.id}/execute`, { input_data: {} })).id;
}

const questionOf = ({ call }: World, runId: string, before = ''): Promise<string> =>
  until(
    'people are asked',
    async () => {
      const { questions } = await call(`/mcp/questions?state=asked&run_id=${runId}`);
      return questions.find(({ id }: { id: string }) => id !== before)?.id;
    },
    PATIENCE_MS,
  );

async function expectSound({ sql }: TestDatabase): Promise<void> {
  const graphOf = createGraphCache(sql);
  expect((await audit({ sql, graphOf })).findings).toEqual([]);
  // What the servers wanted to find again is of no more use.
  expect(await sql`SELECT name FROM secrets WHERE name LIKE '%question-%'`).toEqual([]);
}

describe.each([
  ['within the process', ['coordinator,agents'], () => ({})],
  ['over RabbitMQ', ['coordinator', 'agents'], () => ({ RABBITMQ_URL: rabbitmq.url })],
] as const)('stages that are reached %s and whose tools ask something', (_, workers, settings) => {
  test('go on with what people say, or say why they cannot, when all who worked are killed meanwhile', {
    timeout: 900_000,
  }, async () => {
    await using old = await startAsker('2025');
    await using young = await startAsker('2026');
    await using world = await startWorld(settings(), workers);
    const { call } = world;
    await connect(world, 'old', old.url);
    await connect(world, 'young', young.url);
    await using another = await startAsker('2026');
    const moved = await connect(world, 'moved', young.url);
    await world.work();
    const runs = {} as Record<Name, string>;
    const asked = {} as Record<Name, string>;
    for (const name of Object.keys(RUNS) as Name[]) runs[name] = await start(world, name);
    for (const name of Object.keys(RUNS) as Name[]) asked[name] = await questionOf(world, runs[name]);
    const over = (name: Name) =>
      until(
        `the run ${name} has ended`,
        async () => {
          const run = await call(`/runs/${runs[name]}`);
          return run.finished_at ? run : null;
        },
        PATIENCE_MS,
      );
    const outputOf = async (name: Name) => {
      const run = await over(name);
      expect(run.status, name).toBe('succeeded');
      return (await call(`/tasks/${run.stages[0].task_id}`)).output.text;
    };

    await world.kill();
    for (const name of TOLD) await call(`/mcp/questions/${asked[name]}/answer`, answerOf('Bern'));
    await call(`/mcp/connections/${moved}`, { url: another.url }, 'PATCH');
    await world.work();

    // The session in which the old one asked is gone, whether somebody had answered or not; and so is a server that moved.
    for (const name of ['old', 'oldTold', 'moved'] as const) {
      expect(await over(name)).toMatchObject({
        status: 'failed',
        stages: [{ error: { message: expect.stringContaining('was lost while a question') } }],
      });
      const { questions } = await call(`/mcp/questions?run_id=${runs[name]}`);
      const by = TOLD.includes(name) ? expect.any(String) : null;
      expect(questions).toMatchObject([{ state: 'lost', decided_by: by }]);
    }
    // A tool that may be called twice is, and asks once more.
    const again = await questionOf(world, runs.oldAgain, asked.oldAgain);
    await call(`/mcp/questions/${again}/answer`, answerOf('Rome'));
    expect(await outputOf('oldAgain')).toContain('Rome');
    expect(await outputOf('youngTold')).toContain('Bern');
    await call(`/mcp/questions/${asked.young}/answer`, answerOf('Oslo'));
    expect(await outputOf('young')).toContain('Oslo');

    // Whoever is at another address now has asked nothing, and is told nothing.
    expect(another.methods).not.toContain('tools/call');

    // Each once to be asked, and once more with the answer where there is no session; the repeatable one twice.
    const callsOf = ({ methods }: { methods: string[] }) =>
      methods.filter((method) => method === 'tools/call').length;
    expect([callsOf(old), callsOf(young)]).toEqual([4, 5]);
    await expectSound(world.database);
  });
});
