import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { Broker } from '#server/broker/port.ts';
import { DEFAULT_ORG_ID, idSchema, toUuid } from '#server/domain/ids.ts';
import { type Asked, type HttpAnswer, startTestServer, type TestServer } from '#server/testing/http.ts';
import { type Browser, joinAs, PASSWORD, signInByLink } from '#server/testing/people.ts';
import { listOperations, type NamedOperation } from '../operations/index.ts';
import { isRaw } from '../operations/operation.ts';

/** Lists of what cannot be many, or is a part of one thing: whole in one answer. */
const WHOLE = [
  ...['agents.capabilities', 'agents.coverage', 'views.list', 'auth.providers', 'mcp.tools'],
  // Of one workspace, by the number of the last one seen.
  ...['workspaces.activity', 'workspaces.messages', 'workspaces.steps'],
];

const shapeOf = (schema: z.ZodType): Record<string, z.ZodType> =>
  schema instanceof z.ZodObject ? schema.shape : {};

const arraysOf = ({ operation }: NamedOperation): string[] =>
  isRaw(operation) || operation.method !== 'GET'
    ? []
    : Object.entries(shapeOf(operation.output)).flatMap(([name, field]) =>
        field instanceof z.ZodArray && field.element instanceof z.ZodObject ? [name] : [],
      );

const isPaged = ({ operation }: NamedOperation): boolean =>
  !isRaw(operation) && operation.method === 'GET' && 'next_cursor' in shapeOf(operation.output);

/** All words that an input field takes; `undefined` is what comes without one. */
function wordsOf({ operation }: NamedOperation, field: string): (string | undefined)[] {
  const schema = operation.input.shape[field] as z.ZodOptional<z.ZodEnum> | undefined;
  return [undefined, ...((schema?.unwrap().options as string[] | undefined) ?? [])];
}

let http: TestServer;
let owner: Browser;
let pipelineId: string;
let loggedRunId: string;
let stagedRunId: string;
/** What is listed of one thing, and of which. */
const OF: Record<string, () => string> = {
  'grants.list': () => pipelineId,
  'runs.attempts': () => loggedRunId,
  'runs.handOuts': () => loggedRunId,
  'runs.logs': () => loggedRunId,
  'runs.tasks': () => stagedRunId,
  'tasks.logs': () => `${loggedRunId.replace('run_', 'task_')}_0`,
};
/** Read from the end: the second page is what stands before the first. */
const BACKWARDS = ['tasks.logs'];
/** Of these this server holds too few to have pages; `server/api/operations/lists.int.test.ts` asks most of them. */
const FEW = [
  ...['apps.list', 'bulk.items', 'me.identities', 'passkeys.list', 'pipelines.versions'],
  ...['mcp.connections', 'mcp.connectionTools', 'mcpServers.list', 'mcpRules.list', 'mcpApprovals.list'],
  ...['mcpQuestions.list', 'mcpUsage.log', 'notificationTargets.list', 'notificationDeliveries.list'],
  ...['runs.lateAnswers', 'workspaces.files', 'workspaces.history'],
];
/** Where a list is asked for. */
const pathOf = ({ name, operation }: NamedOperation): string =>
  operation.path.replace('{id}', OF[name]?.() ?? '');

beforeAll(async () => {
  http = await startTestServer();
  const { call, program } = http;
  owner = await signInByLink(http, () => program.services.identity.links.issueOwnerLink());
  const asOwner = { ask: (path: string, { body }: Asked = {}) => call(path, body as object) };
  const members = [];
  for (const name of ['b', 'A', 'c']) {
    const made = await call('/api/v1/pipelines', { name, stages: [{ name: 'a', type: 'nobody-offers' }] });
    pipelineId = made.body.id;
    await call('/api/v1/agents/register', { name: `agent ${name}`, capabilities: ['x'] });
    await call('/api/v1/agent-tokens', { agent: name });
    await call('/api/v1/keys', { name, role: name === 'c' ? 'admin' : 'viewer' });
    await call('/api/v1/tasks', { type: 'nobody-offers' });
    await call(`/api/v1/secrets/${name}`, { value: name }, { method: 'PUT' });
    await call('/api/v1/bulk', { action: 'cancel', filter: { trigger: 'task' } });
    await call('/api/v1/invites', { role: 'viewer', label: name });
    members.push(await joinAs(http, asOwner, name === 'c' ? 'operator' : 'viewer'));
  }
  for (const { id } of members)
    await call(`/api/v1/pipelines/${pipelineId}/grants/${id}`, undefined, { method: 'PUT' });
  await owner.ask('/api/v1/me', { method: 'PATCH', body: { email: 'o@example.org', password: PASSWORD } });
  for (const name of ['one', 'two']) await owner.ask('/api/v1/orgs', { body: { name } });
  for (let times = 0; times < 2; times += 1)
    await http.ask('/api/v1/auth/sign-in', { body: { email: 'o@example.org', password: PASSWORD } });
  await plantDeadLetters();
  await plantLog();
  stagedRunId = await plantStages();
});
afterAll(() => http[Symbol.asyncDispose]());

/** Three that the broker keeps and three that the database does. */
async function plantDeadLetters() {
  const broker = http.program.services.queues as unknown as Broker;
  const taker = await broker.consume('intent.task', { prefetch: 9 }, (delivery) => delivery.reject('no use'));
  const message = { queue: 'intent.task', priority: 'medium', body: '{}' } as const;
  await broker.publish(['1', '2', '3'].map((messageId) => ({ ...message, messageId })));
  await vi.waitFor(async () => expect(await broker.listDeadLetters(10)).toHaveLength(3), { timeout: 30_000 });
  await taker.stop();
  await http.program.database.sql`INSERT INTO dead_letters (org_id, queue, reason, body)
    SELECT ${toUuid(DEFAULT_ORG_ID)}::text::uuid, 'x', 'no use', '{}' FROM generate_series(1, 3)`;
}

/** Two hand-outs of one task, with three lines and two, and one that said nothing. */
async function plantLog() {
  loggedRunId = (await http.call('/api/v1/tasks', { type: 'nobody-offers' })).body.run_id;
  const uuid = toUuid(idSchema('run').parse(loggedRunId));
  await http.program.database
    .sql`INSERT INTO task_stage_logs (run_id, idx, epoch, line, org_id, at, level, message)
    SELECT ${uuid}::text::uuid, 0, epoch, line, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, now(), 'info', epoch || '.' || line
    FROM (VALUES (1, 0), (1, 1), (1, 2), (2, 0), (2, 1)) AS written (epoch, line)`;
  await http.program.database
    .sql`INSERT INTO attempts (run_id, idx, epoch, org_id, attempt, agent_id, ended, finished_at)
    SELECT ${uuid}::text::uuid, 0, epoch, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, epoch, gen_random_uuid(), 'lost', now()
    FROM generate_series(1, 3) AS epoch`;
  await http.program.database.sql`INSERT INTO run_events (run_id, seq_from, seq_to, org_id, at, entries)
    SELECT ${uuid}::text::uuid, 1000 + epoch, 1000 + epoch, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, now(),
      format('[{"type":"task.queued","task":0,"epoch":%s,"queue":"x","redeliverAt":1}]', epoch)::json
    FROM generate_series(1, 3) AS epoch`;
}

/** On the first page a stage waits for two of the last, one of which has ended. */
async function plantStages(): Promise<string> {
  const stages = ['last', 'a', 'b', 'c', 'done'].map((name) => ({
    ...{ name, type: name === 'done' ? 'echo' : 'nobody-offers' },
  }));
  const dependencies = [3, 4].map((from) => ({ from, to: 0 }));
  const { body } = await http.call('/api/v1/pipelines', { name: 'staged', stages, dependencies });
  const run = await http.call(`/api/v1/pipelines/${body.id}/execute`, { input_data: {} });
  const path = `/api/v1/runs/${run.body.run_id}/tasks`;
  await vi.waitFor(async () => {
    const { tasks } = (await http.call(path)).body;
    expect([tasks[4].state, tasks[0].waiting.blockers]).toEqual(['succeeded', ['c']]);
  }, PATIENCE);
  return run.body.run_id;
}

/** As whoever may ask: some lists are a person's own. */
const ask = (path: string) => (path.includes('/me/') ? owner.ask(path) : http.call(path));

/** All items, two a page. */
async function walk(path: string, field: string, isBackwards: boolean) {
  const items: Record<string, unknown>[] = [];
  let cursor: string | null = null;
  do {
    const page: HttpAnswer = await ask(`${path}&limit=2${cursor ? `&cursor=${cursor}` : ''}`);
    expect(page.status, JSON.stringify(page.body)).toBe(200);
    expect(page.body[field].length).toBeLessThanOrEqual(2);
    items.splice(isBackwards ? 0 : items.length, 0, ...page.body[field]);
    cursor = page.body.next_cursor;
  } while (cursor);
  return items.map(steady);
}

const PATIENCE = { timeout: 60_000, interval: 200 };
const paged = listOperations().filter(isPaged);
/** Tasks of many runs are refused by their start: `server/services/task/list.int.test.ts` sorts those of one run so. */
const filled = paged
  .flatMap((named) =>
    wordsOf(named, 'sort').flatMap((sort) =>
      wordsOf(named, 'order').map((order) => ({ name: named.name, named, sort, order })),
    ),
  )
  .filter(({ name, sort }) => !FEW.includes(name) && !(name === 'tasks.list' && sort === 'started'));

describe('lists', () => {
  test('come in pages, all but those that cannot be long', () => {
    const isList = (named: NamedOperation) =>
      !isRaw(named.operation) &&
      Object.keys(shapeOf(named.operation.output)).join() === arraysOf(named).join();
    const whole = listOperations().filter((named) => arraysOf(named).length === 1 && isList(named));
    expect(whole.map(({ name }) => name).sort()).toEqual([...WHOLE].sort());
  });

  test.each(filled)(
    '$name, sorted by $sort $order, has each item on one page',
    async ({ named, sort, order }) => {
      const [field = ''] = arraysOf(named);
      const path = pathOf(named);
      const words = new URLSearchParams({ ...(sort ? { sort } : {}), ...(order ? { order } : {}) });
      // Agents beat and go stale while their pages are read: some look finds them at rest.
      await vi.waitFor(async () => {
        const whole = await ask(`${path}?${words}`);
        expect(whole.status, JSON.stringify(whole.body)).toBe(200);
        expect(whole.body[field].length).toBeGreaterThanOrEqual(3);
        expect(whole.body.next_cursor).toBeNull();
        expect(await walk(`${path}?${words}`, field, BACKWARDS.includes(named.name))).toEqual(
          whole.body[field].map(steady),
        );
      }, PATIENCE);
      const made = await ask(`${path}?${words}&cursor=${Buffer.from('["x"]').toString('base64url')}.AAAA`);
      expect(made).toMatchObject({ status: 400, body: { code: 'INVALID' } });
    },
  );

  test.each(filled.filter(({ order }) => order === 'asc'))(
    '$name by $sort is turned round by order',
    async ({ named, sort }) => {
      const [field = ''] = arraysOf(named);
      const read = async (order: string): Promise<unknown[]> =>
        (await ask(`${pathOf(named)}?order=${order}${sort ? `&sort=${sort}` : ''}`)).body[field].map(steady);
      await vi.waitFor(
        async () => expect(await read('desc')).toEqual((await read('asc')).reverse()),
        PATIENCE,
      );
    },
  );

  test.each([
    ['/api/v1/agents?search=AGENT%20a', 'agents', ['agent A']],
    ['/api/v1/agents?transport=amqp', 'agents', []],
    ['/api/v1/keys?role=admin', 'keys', ['c']],
    ['/api/v1/keys?search=B', 'keys', ['b']],
    ['/api/v1/secrets?search=%25', 'secrets', []],
    ['/api/v1/members?role=operator', 'members', [expect.stringMatching(/^Person/)]],
    ['/api/v1/templates?search=lookup', 'templates', [expect.stringMatching(/lookup/i)]],
  ])('%s finds what is asked for', async (path, field, names) => {
    const answer = await ask(path);
    expect(answer.body[field].map(({ name }: { name: string }) => name)).toEqual(names);
  });

  test.each([
    ['order=asc&beyond=0.1.1', ['1.2', '2.0', '2.1']],
    ['order=desc&beyond=0.2.0', ['1.2', '1.1', '1.0']],
    ['order=desc&beyond=0.2.0&limit=1', ['1.2']],
    ['beyond=0.2.1', []],
  ])('of log lines begin behind a line: %s', async (query, messages) => {
    const answer = await ask(`/api/v1/runs/${loggedRunId}/logs?${query}`);
    expect(answer.body.logs.map(({ message }: { message: string }) => message)).toEqual(messages);
  });

  test('of one task’s log lines are its last ones, in the order in which they were written', async () => {
    const { body } = await ask(`/api/v1/tasks/${loggedRunId.replace('run_', 'task_')}_0/logs?limit=3`);
    expect(body.logs.map(({ message }: { message: string }) => message)).toEqual(['1.2', '2.0', '2.1']);
  });

  test('of dead letters are those of tasks and then those of messages, or one kind', async () => {
    const queues = async (query: string) =>
      (await ask(`/api/v1/dead-letters${query}`)).body.dead_letters.map(
        ({ queue }: { queue: string }) => queue,
      );
    expect(await queues('')).toEqual(['x', 'x', 'x', 'intent.task', 'intent.task', 'intent.task']);
    expect(await queues('?kind=task')).toEqual(['x', 'x', 'x']);
    expect(await queues('?kind=message&limit=2')).toEqual(['intent.task', 'intent.task']);
    expect(await queues('?queue=nothing')).toEqual([]);
  });
});

/** Without what moves by itself between two looks. */
function steady({
  oldest_age_ms: _age,
  last_heartbeat: _beat,
  progress: _progress,
  ...item
}: Record<string, unknown>) {
  return item;
}

test('however often somebody is signed in, each session is listed once', async () => {
  const { sql } = http.program.database;
  await sql`INSERT INTO sessions (id, token_hash, user_id, org_id, how, last_seen_at, expires_at)
    SELECT gen_random_uuid(), 'no token ' || n, user_id, org_id, how, last_seen_at - make_interval(secs => n), expires_at
    FROM (SELECT s.* FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'o@example.org' LIMIT 1) AS one,
      generate_series(1, 450) AS n`;
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const { body }: HttpAnswer = await owner.ask(`/api/v1/me/sessions${cursor ? `?cursor=${cursor}` : ''}`);
    ids.push(...body.sessions.map(({ id }: { id: string }) => id));
    cursor = body.next_cursor;
  } while (cursor);
  const [row] = await sql<
    { count: string }[]
  >`SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE u.email = 'o@example.org'`;
  expect(Number(row?.count)).toBeGreaterThan(450);
  expect([new Set(ids).size, ids.length]).toEqual([Number(row?.count), Number(row?.count)]);
});
