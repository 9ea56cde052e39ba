import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Broker } from '#server/broker/port.ts';
import { RESPONSE_QUEUE } from '#server/broker/topology.ts';
import { type RunId, taskId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import { ROLES, type Role } from '#server/identity/permissions.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { type QuotingCalls, startQuotingCalls } from '#server/testing/mcp/quoting-calls.ts';
import { type Browser, joinAs, type Member, signInByLink } from '#server/testing/people.ts';
import { readingsOf } from '#server/testing/readings.ts';
import { resources } from '../resources/index.ts';
import { tools } from '../tools/index.ts';

/** Stands in everything that is marked, and nowhere else. */
const CANARY = 'canary-4711-0815';
const LARGE = `${CANARY} ${'x'.repeat(100_000)}`;

const HIDDEN = { $hidden: 'sensitive' };
const STAGES = [
  { key: 'take', type: 'canary-take', sensitive: { input: ['/card'], output: ['/card', '/scan'] } },
  { key: 'large', type: 'canary-large', sensitive: { output: true } },
  {
    key: 'pay',
    type: 'canary-pay',
    input: { card: 'stages.take.output.card' },
    retry: { maxAttempts: 2, initialSeconds: 0, jitter: 0 },
    sensitive: { output: false },
  },
];
const DEPENDENCIES = [
  { from: 'take', to: 'large' },
  { from: 'large', to: 'pay' },
];

let http: TestServer;
const people = new Map<Role, Member>();
let owner: Browser;
let granted: Member;
let pipeline: string;
let run: string;
let object: string;
let agent: { id: string; generation: number };
/** What the agent was given, by stage. */
const given: unknown[] = [];
const letters: Record<'named' | 'nameless', string> = { named: '', nameless: '' };
let live: readonly RunNews[];
let calls: QuotingCalls;

const call = (path: string, body?: object, method?: string) =>
  http.call(`/api/v1${path}`, body, method ? { method } : undefined);
const post = async (path: string, body: object) => {
  const answer = await call(path, body);
  if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const as = (role: Role): Member => people.get(role) as Member;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const taskOf = (stage: number) => taskId(run as RunId, stage);

/** Takes the next task and lets the canary out wherever an agent can. */
async function work(answer: object): Promise<void> {
  const { id, generation } = agent;
  const { tasks } = await post(`/agents/${id}/claim`, { generation, max: 1, wait_ms: 60_000 });
  const [task] = tasks;
  given.push(task.input);
  const ours = { task_id: task.task_id, epoch: task.epoch };
  const says = [
    { type: 'beat', ...ours, progress: 0.5, note: `reads ${CANARY}` },
    { type: 'log', ...ours, line: 0, level: 'warn', message: `saw ${CANARY}`, fields: { it: CANARY } },
  ];
  await post(`/agents/${id}/reports`, { generation, reports: says });
  await post(`/agents/${id}/reports`, { generation, reports: [{ ...ours, ...answer }] });
}

async function makeLetter(body: string): Promise<string> {
  const messageId = `message ${body.length}`;
  const broker = http.program.services.queues as Broker;
  await broker.publish([{ queue: RESPONSE_QUEUE, priority: 'medium', messageId, body }]);
  return vi.waitFor(
    async () => {
      const { dead_letters } = (await call('/dead-letters')).body;
      return dead_letters.find((letter: { message_id: string }) => letter.message_id === messageId).id;
    },
    { timeout: 60_000 },
  );
}

async function follow(actor: Browser): Promise<string> {
  return JSON.stringify((await actor.ask(`/api/v1/runs/${run}/events?follow=1`)).body);
}

/** What is told over Socket.IO and `/ws` is what this feed tells. */
async function listen(): Promise<readonly RunNews[]> {
  const { services, actor } = http.program;
  const news: RunNews[] = [];
  const nothing = () => undefined;
  const session = services.live.open(actor, {
    ...{ runs: (list) => news.push(...list), agents: nothing, resumePoint: nothing, resync: nothing },
    ...{ backlogBytes: () => 0, tooSlow: nothing },
  });
  await session.subscribe([{ run_id: run as RunId, after: 0 }]);
  await vi.waitFor(() => expect(news.some(({ isOver }) => isOver)).toBe(true), { timeout: 60_000 });
  session.close();
  return news;
}

beforeAll(async () => {
  http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
  owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
  for (const role of ROLES) people.set(role, await joinAs(http, owner, role));
  await post('/notification-targets', {
    ...{ name: 'hook', kind: 'webhook', events: ['run.failed'], address: 'http://127.0.0.1:9/' },
  });
  const stages = STAGES.map(({ key: name, ...stage }) => ({ name, ...stage }));
  pipeline = (await post('/pipelines', { name: 'sensitive', stages, dependencies: DEPENDENCIES })).id;
  granted = await joinAs(http, owner, 'designer');
  await call(`/pipelines/${pipeline}/grants/${granted.id}`, {}, 'PUT');

  const capabilities = STAGES.map(({ type }) => type);
  agent = (await post('/agents/register', { name: 'canary', capabilities })) as typeof agent;
  await post(`/agents/${agent.id}/heartbeat`, { generation: agent.generation, beat: { in_flight: 0 } });
  const input_data = { card: { no: CANARY }, name: 'Ada' };
  run = (await post(`/pipelines/${pipeline}/execute`, { input_data })).id;
  await call(`/runs/${run}/workspace/file`, { path: 'notes.md', content: CANARY, base_version: 0 }, 'PUT');
  await work({ type: 'succeeded', output: { card: CANARY, scan: { text: CANARY }, name: 'Ada' } });
  await work({ type: 'succeeded', output: { text: LARGE } });
  const error = { message: `no ${CANARY}`, code: CANARY, details: { it: CANARY } };
  await work({ type: 'failed', error });
  await work({ type: 'failed', error });
  await vi.waitFor(async () => expect((await call(`/runs/${run}`)).body.status).toBe('failed'), {
    timeout: 60_000,
  });
  letters.named = await makeLetter(`{"task_id":"${taskOf(0)}","output":"${CANARY}`);
  letters.nameless = await makeLetter(`{"output":"${CANARY}`);
  live = await listen();
  calls = await startQuotingCalls(http, { card: CANARY });
  for (const id of calls.pipelines) await call(`/pipelines/${id}/grants/${granted.id}`, {}, 'PUT');
  const revealed = await post(`/runs/${run}/reveal`, { stage: 1 });
  object = revealed.task.output.$object;
  // What is counted and told of it is there.
  await vi.waitFor(async () => expect((await call('/analytics/errors')).body.groups).toHaveLength(2), {
    timeout: 60_000,
  });
});
afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await calls?.[Symbol.asyncDispose]();
});

const readings = () =>
  readingsOf({
    runs: [run, calls.runs.answered, calls.runs.broken],
    openRuns: [calls.runs.asked, calls.runs.held],
    stages: STAGES.length,
    ...{ agent: agent.id, pipeline, connection: calls.connection },
    letters: Object.values(letters),
    file: 'notes.md',
    words: 'canary',
  });

describe('no door shows what is marked', () => {
  test.each(ROLES)('to a person who is %s', async (role) => {
    const person = as(role);
    // Whoever may is shown dead letters and files, which have no marks of their own, and what people are asked.
    const maySee = role === 'owner' || role === 'admin';
    let answers = 0;
    for (const path of readings()) {
      if (maySee && /dead-letters\/|workspace|mcp\/(questions|approvals|log)$/.test(path)) continue;
      const { status, body } = await person.ask(path);
      if (status < 300) answers += 1;
      expect(status, path).toBeLessThan(500);
      expect(`${path} ${JSON.stringify(body)}`).not.toContain(CANARY);
    }
    expect(answers).toBeGreaterThan(20);
  });

  test('to a key that may read payloads, by REST or by tRPC', async () => {
    const { key } = await post('/keys', {
      name: 'k',
      role: 'operator',
      scopes: ['payload:read', 'runs:read'],
    });
    for (const name of ['runs.get', 'runs.tasks', 'runs.events', 'runs.attempts', 'runs.logs', 'runs.said']) {
      const input = encodeURIComponent(JSON.stringify({ id: run }));
      const answer = await http.ask(`/api/trpc/${name}?input=${input}`, { headers: bearer(key) });
      expect([name, answer.status]).toEqual([name, 200]);
      expect(JSON.stringify(answer.body)).not.toContain(CANARY);
    }
  });

  test('to a model, by any tool that reads or any resource', async () => {
    const ids = { run_id: run, task_id: taskOf(0), agent_id: agent.id, pipeline_id: pipeline };
    const reading = tools.filter(({ kind, name }) => kind === 'reads' && name !== 'workspace_activity');
    for (const { name, input } of reading) {
      const fields = Object.keys((input as unknown as { shape: object }).shape);
      const own = Object.entries(ids).filter(([field]) => fields.includes(field));
      const extra = { ...(fields.includes('path') ? { path: 'notes.md' } : {}) };
      const { body } = await as('viewer').ask(`/tools/${name}`, {
        body: { ...Object.fromEntries(own), ...extra },
      });
      expect(`${name} ${JSON.stringify(body)}`).not.toContain(CANARY);
    }
    expect(reading.length).toBeGreaterThan(8);
    const { services } = http.program;
    const viewer = { ...http.program.actor, role: 'viewer' as const };
    for (const resource of resources) {
      const at = { task_id: taskOf(0), run_id: run, agent_id: agent.id, path: 'notes.md' };
      const signal = AbortSignal.timeout(60_000);
      const read = await resource
        .read({ services, actor: viewer, signal }, at as never)
        .catch((error: Error) => error.message);
      expect(`${resource.name} ${JSON.stringify(read)}`).not.toContain(CANARY);
    }
  });

  test('to whoever listens, or follows the events', async () => {
    expect(JSON.stringify(live)).not.toContain(CANARY);
    expect(JSON.stringify(live)).toContain('task.failed');
    expect(await follow(as('viewer'))).not.toContain(CANARY);
  });

  test('to what is kept of the run for lists, counts, mails and webhooks, or in the audit', async () => {
    for (const table of [
      'error_groups',
      'notification_deliveries',
      'audit_entries',
      'idempotency_keys',
      'dead_letters',
      'mcp_health',
    ]) {
      const rows = await http.program.database.sql.unsafe(`SELECT t::text AS row FROM ${table} AS t`);
      expect([table, JSON.stringify(rows)]).toEqual([table, expect.not.stringContaining(CANARY)]);
    }
    const [row] = await http.program.database
      .sql`SELECT error::text, failing::text FROM runs WHERE error IS NOT NULL`;
    expect(JSON.stringify(row)).not.toContain(CANARY);
  });

  test('in an object that the run refers to, to those who may not read it', async () => {
    const path = `/api/v1/runs/${run}/objects/${object}`;
    for (const role of ['designer', 'operator', 'viewer'] as const)
      expect((await as(role).ask(path)).status).toBe(403);
    const response = await http.fetch(path, { headers: { 'if-none-match': `"${object}"` } });
    expect(await response.text()).toContain(CANARY);
    expect([response.headers.get('cache-control'), response.headers.get('etag')]).toEqual(['no-store', null]);
  });
});

describe('what is shown in its place', () => {
  test('says so, and the rest of the value is there', async () => {
    const { body } = await as('viewer').ask(`/api/v1/runs/${run}`);
    expect(body.input).toEqual({ card: HIDDEN, name: 'Ada' });
    expect(body.stages.map(({ output }: { output: unknown }) => output)).toEqual([
      { card: HIDDEN, scan: HIDDEN, name: 'Ada' },
      HIDDEN,
      null,
    ]);
    const message = '(hidden: this stage handles what is marked sensitive)';
    const error = { class: 'agent', code: 'HIDDEN', message };
    expect(body.error).toEqual(error);
    expect(body.stages[2]).toMatchObject({ is_sensitive: true, error });
  });

  test('is not taken for a value when it is handed in', async () => {
    const input_data = { card: HIDDEN };
    expect(await call(`/pipelines/${pipeline}/execute`, { input_data })).toMatchObject({ status: 400 });
    expect(await call(`/runs/${run}/replay`, { input_data })).toMatchObject({ status: 400 });
  });
});

test('an agent is given the real values', () => {
  expect(given).toEqual([
    { card: { no: CANARY }, name: 'Ada' },
    { card: CANARY, scan: { text: CANARY }, name: 'Ada' },
    { card: CANARY },
    { card: CANARY },
  ]);
});

describe('revealing', () => {
  const reveal = (who: Browser, body: object = {}) => who.ask(`/api/v1/runs/${run}/reveal`, { body });

  test('shows an owner, an admin and a designer with a grant what was given, made and said', async () => {
    for (const who of [as('owner'), as('admin'), granted]) {
      expect((await reveal(who)).body.given.input).toEqual({ card: { no: CANARY }, name: 'Ada' });
      const { task } = (await reveal(who, { stage: 2 })).body;
      expect(task.error).toMatchObject({ message: `no ${CANARY}`, details: { it: CANARY } });
      expect(task.attempts).toMatchObject([{ error: { message: `no ${CANARY}` } }, {}]);
      expect(task.logs).toMatchObject([{ message: `saw ${CANARY}` }, { message: `saw ${CANARY}` }]);
    }
  });

  test('goes on through a long log by its cursor', async () => {
    const first = (await reveal(owner, { stage: 2, limit: 1 })).body.task;
    const next = (await reveal(owner, { stage: 2, limit: 1, cursor: first.next_cursor })).body.task;
    expect([first.logs[0].epoch, next.logs[0].epoch, next.next_cursor]).toEqual([1, 2, null]);
  });

  test('is refused to everybody else, and to a key that has not the scope', async () => {
    for (const role of ['designer', 'operator', 'viewer', 'auditor'] as const)
      expect((await reveal(as(role))).status).toBe(403);
    const other = (
      await post('/pipelines', {
        name: `other ${randomUUID()}`,
        stages: [{ name: 'a', type: 'echo' }],
      })
    ).id;
    const elsewhere = await joinAs(http, owner, 'designer');
    await call(`/pipelines/${other}/grants/${elsewhere.id}`, {}, 'PUT');
    expect((await reveal(elsewhere)).status).toBe(403);
    const { key } = await post('/keys', { name: 'k', role: 'owner', scopes: ['runs:read'] });
    expect((await http.ask(`/api/v1/runs/${run}/reveal`, { body: {}, headers: bearer(key) })).status).toBe(
      403,
    );
  });

  test('is told of by the audit each time, with whose it was and why', async () => {
    await reveal(granted, { stage: 0, reason: 'A customer asked.' });
    const { entries } = (await call('/audit?action=run.revealed&limit=1')).body;
    expect(entries[0]).toMatchObject({
      target: taskOf(0),
      actor: { id: granted.id },
      reason: 'A customer asked.',
    });
    expect(JSON.stringify(entries)).not.toContain(CANARY);
  });

  test('of a dead letter is for those who may, and told of by the audit', async () => {
    for (const id of Object.values(letters)) {
      const path = `/api/v1/dead-letters/${encodeURIComponent(id)}`;
      expect((await as('operator').ask(path)).body).toMatchObject({
        text: null,
        is_sensitive: true,
      });
      expect((await as('admin').ask(path)).body.text).toContain(CANARY);
    }
    const { entries } = (await call('/audit?action=dead-letter.revealed')).body;
    expect(entries.length).toBeGreaterThanOrEqual(2);
  });
});

describe('what people are asked about such a call', () => {
  const listed = async (who: Browser, what: 'questions' | 'approvals') => {
    const runId = calls.runs[what === 'questions' ? 'asked' : 'held'];
    const { body } = await who.ask(`/api/v1/mcp/${what}?run_id=${runId}`);
    return JSON.stringify(body[what][0]);
  };

  test('is shown to those who may reveal it, and to nobody else', async () => {
    for (const what of ['questions', 'approvals'] as const) {
      for (const who of [as('owner'), as('admin'), granted])
        expect(await listed(who, what)).toContain(CANARY);
      for (const role of ['designer', 'operator', 'viewer'] as const)
        expect(await listed(as(role), what)).not.toContain(CANARY);
    }
  });

  test('is answered by nobody who does not see it', async () => {
    const operator = as('operator');
    const approval = await calls.hold();
    const answers = { q: { action: 'accept', content: { words: 'yes' } } };
    const answer = await operator.ask(`/api/v1/mcp/questions/${calls.question}/answer`, {
      body: { answers },
    });
    const decide = (granted: boolean) =>
      operator.ask(`/api/v1/mcp/approvals/${approval}/decide`, { body: { granted } });
    for (const { status, body } of [answer, await decide(true)])
      expect([status, body.detail]).toEqual([403, expect.stringContaining('marked sensitive')]);
    // What nobody has seen may be kept from happening.
    expect((await decide(false)).status).toBe(200);
  });
});

test('a replay on a version that hides less is for those who may see it', async () => {
  const stages = STAGES.map(({ sensitive: _, ...stage }) => stage);
  await call(
    `/pipelines/${pipeline}/draft`,
    { revision: 1, document: { stages, dependencies: DEPENDENCIES } },
    'PUT',
  );
  await post(`/pipelines/${pipeline}/publish`, { revision: 2 });
  const replay = (who: Browser, version: string) =>
    who.ask(`/api/v1/runs/${run}/replay`, { body: { from: 'pay', version } });
  const operator = as('operator');
  expect((await replay(operator, 'newest')).status).toBe(403);
  const again = await replay(operator, 'original');
  expect(again.status).toBe(202);
  expect(JSON.stringify(again.body)).not.toContain(CANARY);
  expect((await replay(owner, 'newest')).status).toBe(202);
});
