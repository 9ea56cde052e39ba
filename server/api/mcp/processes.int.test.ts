import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject } from '#server/domain/json.ts';
import { type Balancer, startBalancer } from '#server/testing/balancer.ts';
import { type AskedProcess, forkAsked } from '#server/testing/faults/asked-process.ts';
import type { DoorOrders } from '#server/testing/faults/protocol.ts';
import { until } from '#server/testing/faults/until.ts';
import { askingClient } from '#server/testing/mcp-asked.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream, text, tool } from '#server/testing/mcp-upstream.ts';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';
import { startOpenRun } from '#server/testing/workspace/rig.ts';

/** Two processes with one database and one Redis, behind one address. */
let redis: PrivateRedis;
let rig: McpRig;
let other: AskedProcess<DoorOrders>;
let balancer: Balancer;
let upstream: TestUpstream;
let key: string;
let hanging = 0;
let calledOff = 0;

const FORM = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const QUESTION = { method: 'elicitation/create', params: { message: 'Where to?', requestedSchema: FORM } };

beforeAll(async () => {
  redis = await startPrivateRedis();
  upstream = await startUpstream([
    echoTool('ask'),
    tool('fill', (_args, { mcpReq }) => {
      const answer = mcpReq.inputResponses?.q;
      if (answer) return text(JSON.stringify(answer));
      return { resultType: 'input_required', inputRequests: { q: QUESTION } };
    }),
    tool('hang', async (_args, { mcpReq }) => {
      hanging += 1;
      await once(mcpReq.signal, 'abort');
      calledOff += 1;
      return text('Nobody hears this.');
    }),
    tool('log', async (_args, { mcpReq }) => {
      await mcpReq.log('debug', 'nobody wants this');
      await mcpReq.log('info', 'words');
      return text('It has logged.');
    }),
  ]);
  rig = await startMcpRig({ REDIS_URL: redis.url });
  await rig.join({ slug: 'up', url: upstream.url });
  key = (await rig.http.call('/api/v1/keys', { name: 'a client', role: 'owner' })).body.key;
  other = forkAsked<DoorOrders>('./door-process.ts');
  const settings = {
    ...{ DATABASE_URL: rig.http.program.database.url, REDIS_URL: redis.url },
    SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8',
  };
  const { origin } = await other.ask('boot', { settings, maxBodyBytes: 1_000_000 });
  // A call goes to this process, and all that belongs to it to the other one.
  balancer = await startBalancer((body) => (isFirst(body) ? rig.http.origin : origin));
});
afterAll(async () => {
  await balancer?.[Symbol.asyncDispose]();
  await other?.kill();
  await rig?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
  await redis?.close();
});

function isFirst(body: string): boolean {
  const asked = body === '' ? null : JSON.parse(body);
  if (!isJsonObject(asked) || asked.method !== 'tools/call') return false;
  return !isJsonObject(asked.params ?? null) || !Object.hasOwn(asked.params as object, 'requestState');
}

const clientOf = (kind: 'new' | 'old', city = 'Bern') =>
  askingClient({ origin: balancer.origin, secret: key }, kind, () => ({
    ...{ action: 'accept', content: { city } },
  }));

async function partsOf() {
  const { body } = await rig.http.call('/api/v1/health');
  return body.parts as Record<string, { ok: boolean }>;
}

describe.each(['new', 'old'] as const)('a client of the %s generation behind a balancer', (kind) => {
  test('is asked by one process, and answers to another', async () => {
    await using client = await clientOf(kind);
    const answer = await client.call('up__fill');
    expect(JSON.stringify(answer.content)).toContain('Bern');
    expect(client.asked).toHaveLength(1);
  });

  test('gets its own answers, whoever else is asked at the same moment', async () => {
    const cities = ['Bern', 'Rome', 'Oslo', 'Lima'];
    const answers = cities.map(async (city) => {
      await using client = await clientOf(kind, city);
      const both = await Promise.all([client.call('up__fill'), client.call('up__fill')]);
      return both.map(({ content }) => JSON.stringify(content).includes(city));
    });
    expect(await Promise.all(answers)).toEqual(cities.map(() => [true, true]));
  });

  test('hears as much of a log as it has said to another process', async () => {
    await using client = await clientOf(kind);
    await client.call('up__log');
    expect(client.logged.map(({ data }) => data)).toEqual(['words']);
    await client.setLevel('debug');
    await until('the other process has heard of it', async () => {
      await client.call('up__log');
      return client.logged.some(({ data }) => data === 'nobody wants this');
    });
  });

  test('calls off a call that another process works on', async () => {
    await using client = await clientOf(kind);
    const before = { hanging, calledOff };
    const stop = new AbortController();
    const call = client.call('up__hang', {}, stop.signal).catch(() => 'called off');
    await until('the server works on it', async () => hanging > before.hanging);
    stop.abort();
    expect(await call).toBe('called off');
    await until('the server hears that nobody waits', async () => calledOff > before.calledOff);
  });
});

test('health tells when Redis is nearly full, before it has no room left', async () => {
  const client = new Redis(redis.url);
  const memory = async () => {
    const { body } = await rig.http.call('/api/v1/health');
    return body.conditions.find(({ name }: { name: string }) => name === 'hot_state_memory');
  };
  expect(await memory()).toMatchObject({ value: null, limit: 80, triggered: false });
  await client.config('SET', 'maxmemory', '1gb');
  expect(await memory()).toMatchObject({ triggered: false, unit: 'percent' });
  const used = Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
  await client.config('SET', 'maxmemory', String(Math.ceil(used * 1.05)));
  expect(await memory()).toMatchObject({ triggered: true });
  await client.config('SET', 'maxmemory', '0');
  expect(await memory()).toMatchObject({ value: null, triggered: false });
  client.disconnect();
});

test('health tells how each process does, by its name to those who run the installation', async () => {
  const look = async () => (await rig.http.call('/api/v1/health')).body.processes;
  interface Said {
    name: string | null;
    is_this: boolean;
    conditions: { name: string; samples: number }[];
  }
  const all: Said[] = await until('both are there', async () => {
    const processes = await look();
    return processes.length === 2 ? processes : null;
  });
  expect(all.map(({ is_this }) => is_this)).toEqual([true, false]);
  expect(all[0]?.name).toContain(`process ${process.pid} (`);
  expect(all[1]?.name).toMatch(/process \d+ \(/);
  expect(all[1]?.name).not.toContain(`process ${process.pid} (`);
  expect(all[1]?.conditions.map(({ name }) => name)).toEqual(all[0]?.conditions.map(({ name }) => name));
  // What happens in the one is not said of the other.
  const asked = (said: Said[], at: number) =>
    said[at]?.conditions.find(({ name }) => name === 'tool_error_rate')?.samples ?? 0;
  const [here, there] = [asked(all, 0), asked(all, 1)];
  await rig.http.call('/tools/pipelines_list', {});
  const after = await look();
  expect([asked(after, 0), asked(after, 1)]).toEqual([here + 1, there]);
  const viewer = (await rig.http.call('/api/v1/keys', { name: 'v', role: 'viewer' })).body.key;
  const headers = { authorization: `Bearer ${viewer}` };
  const { body } = await rig.http.ask('/api/v1/health', { headers });
  expect(body.processes.map(({ name }: Said) => name)).toEqual([null, null]);
});

describe('when Redis is away', () => {
  test('calls, files and sign-in go on, health says what is missing, and it is used again when it is back', async () => {
    const { services, actor } = rig.http.program;
    const task_id = await startOpenRun(services, actor);
    const fileTool = (name: string, input: object) => rig.http.call(`/tools/${name}`, { task_id, ...input });
    await redis.kill();
    await until('health says so', async () => !(await partsOf()).hot_state?.ok);
    expect(await partsOf()).toMatchObject({ database: { ok: true }, broker: { ok: true } });
    expect((await rig.http.ask('/readyz')).status).toBe(200);

    expect((await rig.call('up__ask', { question: 'Why?' })).status).toBe(200);
    const written = await fileTool('file_write', { path: 'a.md', content: 'one' });
    expect([written.status, written.body.version]).toEqual([200, 1]);
    const edited = await fileTool('file_edit', { path: 'a.md', edits: [{ old: 'one', new: 'two' }] });
    expect(edited.status).toBe(200);
    expect((await fileTool('file_read', { path: 'a.md' })).body.content).toBe('two');
    const claimed = await fileTool('claim_file', { paths: ['a.md'] });
    expect(claimed.status).toBe(200);

    // Only what has to reach another process does not: its client is told to call again.
    await using client = await clientOf('new');
    await expect(client.call('up__fill')).rejects.toThrow('Nothing waits for this answer');

    await redis.start();
    await until('health says that it is back', async () => (await partsOf()).hot_state?.ok);
    await until('answers are passed on again', async () => {
      const answer = await client.call('up__fill').catch(() => null);
      return JSON.stringify(answer).includes('Bern');
    });
    expect((await fileTool('file_read', { path: 'a.md' })).body.content).toBe('two');
  });
});
