import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import type { Role } from '#server/identity/permissions.ts';
import { openTestDoors, startTestServer, type TestServer } from '#server/testing/http.ts';
import { joinAs, signInByLink } from '#server/testing/people.ts';

const SHARED_SECRET = 'a shared secret of thirty-two or more';

let http: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-identity-'));
  const file = join(folder, 'identity.yaml');
  await writeFile(
    file,
    `issuers:
  - issuer: https://flask.example
    audience: signalbox
    algorithm: HS256
    secret: ${SHARED_SECRET}
    roles: { staff: operator, boss: admin }
`,
  );
  http = await startTestServer({ SIGNALBOX_IDENTITY_FILE: file });
});
afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const owner = () => signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
const member = async (role: Role) => joinAs(http, await owner(), role);
const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const as = (key: string, path: string, more: object = {}) => http.ask(path, { ...bearer(key), ...more });
const makeKey = async (body: object) => (await http.call('/api/v1/keys', { name: 'test', ...body })).body;
const me = (key: string) => as(key, '/api/v1/me');

describe('keys', () => {
  test('are shown once, listed by their last letters, and do what their role may', async () => {
    const { key, id, last_four } = await makeKey({ role: 'operator' });
    expect((await me(key)).body).toMatchObject({ kind: 'key', id, role: 'operator' });
    expect((await as(key, '/api/v1/dead-letters')).status).toBe(200);
    expect((await as(key, '/api/v1/keys')).status).toBe(403);
    const list = (await http.call('/api/v1/keys?limit=200')).body;
    expect(list.keys.find((each: { id: string }) => each.id === id)).toMatchObject({
      last_four: key.slice(-4),
    });
    expect(last_four).toBe(key.slice(-4));
    expect(JSON.stringify(list)).not.toContain(key);
  });

  test('are narrowed by their scopes', async () => {
    const { key } = await makeKey({ role: 'owner', scopes: ['runs:read'] });
    expect((await as(key, '/api/v1/runs')).status).toBe(200);
    for (const path of ['/api/v1/pipelines', '/api/v1/members', '/api/v1/queues', '/metrics']) {
      expect((await as(key, path)).status).toBe(403);
    }
  });

  test('cannot be read out of the database', async () => {
    const { key } = await makeKey({ role: 'viewer' });
    const rows = await http.program.database.sql`SELECT row_to_json(k)::text AS text FROM api_keys k`;
    const dump = JSON.stringify(rows);
    expect(dump).not.toContain(key.slice(38));
    const [hash = ''] = dump.match(/[0-9a-f]{64}/) ?? [];
    for (const guess of [hash, key.slice(0, 37) + hash.slice(0, 49)]) {
      expect((await me(guess)).status).toBe(401);
    }
  });

  test('that are wrong in any way are all refused alike', async () => {
    const { key } = await makeKey({ role: 'viewer' });
    const another = (await makeKey({ role: 'viewer' })).key as string;
    const forged = [
      key.slice(0, -1),
      key.toLowerCase(),
      `${key}x`,
      // A well-formed key for a row that is there, and one for a row that is not.
      (await import('#server/identity/key-format.ts')).makeKey('key', `key_${key.slice(4, 36)}` as never),
      (await import('#server/identity/key-format.ts')).makeKey('key', `key_${'0'.repeat(32)}` as never),
      key.slice(0, 36) + another.slice(36),
    ];
    const answers = await Promise.all(forged.map(me));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.detail}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
  });

  test('count from their networks only', async () => {
    const here = await makeKey({ role: 'viewer', networks: ['127.0.0.0/8'] });
    const elsewhere = await makeKey({ role: 'viewer', networks: ['10.1.0.0/16', 'fd00::/8'] });
    expect((await me(here.key)).status).toBe(200);
    expect((await me(elsewhere.key)).status).toBe(401);
    await using behind = await openTestDoors(http.program, { trustedProxies: ['127.0.0.1'] });
    const from = (address: string) =>
      behind.ask('/api/v1/me', {
        headers: { authorization: `Bearer ${elsewhere.key}`, 'x-forwarded-for': address },
      });
    expect((await from('10.1.2.3')).status).toBe(200);
    expect((await from('10.2.2.3')).status).toBe(401);
    expect((await from('10.1.2.3, 203.0.113.9')).status).toBe(401);
    // Remembered for one address is not remembered for another.
    expect((await me(elsewhere.key)).status).toBe(401);
    expect((await makeKey({ role: 'viewer', networks: ['300.1.1.1'] })).code).toBe('INVALID');
  });

  test('end when their time is over, and at once when they are revoked', async () => {
    const old = await makeKey({ role: 'viewer', expires_in_days: 1 });
    await http.program.database.sql.unsafe(
      `UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = '${old.id.slice(4)}'`,
    );
    expect((await me(old.key)).status).toBe(401);
    const { key, id } = await makeKey({ role: 'viewer' });
    expect((await me(key)).status).toBe(200);
    expect((await http.call(`/api/v1/keys/${id}`, undefined, { method: 'DELETE' })).status).toBe(204);
    expect((await me(key)).status).toBe(401);
    expect((await http.call(`/api/v1/keys/${id}`, undefined, { method: 'DELETE' })).status).toBe(404);
  });

  test('are rotated with an overlap, or without', async () => {
    const { key, id } = await makeKey({ role: 'viewer' });
    const rotate = (overlap_hours: number) => http.call(`/api/v1/keys/${id}/rotate`, { overlap_hours });
    const second = (await rotate(24)).body.key;
    expect([(await me(key)).status, (await me(second)).status]).toEqual([200, 200]);
    await http.program.database.sql.unsafe(
      `UPDATE api_keys SET previous_until = now() - interval '1 second' WHERE id = '${id.slice(4)}'`,
    );
    await vi.waitFor(async () => expect((await me(key)).status).toBe(401), {
      timeout: 60_000,
      interval: 100,
    });
    const third = (await rotate(0)).body.key;
    expect([(await me(second)).status, (await me(third)).status]).toEqual([401, 200]);
  });

  test('are not rotated again while letters from before count, so that none in use end unasked', async () => {
    const { key, id } = await makeKey({ role: 'viewer' });
    const rotate = (overlap_hours: number) => http.call(`/api/v1/keys/${id}/rotate`, { overlap_hours });
    const second = (await rotate(24)).body.key;
    const refused = await rotate(24);
    expect([refused.status, refused.body.code]).toEqual([409, 'CONFLICT']);
    expect([(await me(key)).status, (await me(second)).status]).toEqual([200, 200]);
    // Whoever says so ends all of them.
    const third = (await rotate(0)).body.key;
    expect([(await me(key)).status, (await me(second)).status, (await me(third)).status]).toEqual([
      401, 401, 200,
    ]);
  });

  test('never do more than whoever made them may now', async () => {
    const admin = await member('admin');
    const { body: made } = await admin.ask('/api/v1/keys', { body: { name: 'mine', role: 'admin' } });
    expect((await as(made.key, '/api/v1/members')).status).toBe(200);
    const change = (role: Role) => http.call(`/api/v1/members/${admin.id}`, { role }, { method: 'PATCH' });
    await change('operator');
    expect((await as(made.key, '/api/v1/members')).status).toBe(403);
    expect((await as(made.key, '/api/v1/dead-letters')).status).toBe(200);
    await change('admin');
    expect((await as(made.key, '/api/v1/members')).status).toBe(200);
    await http.call(`/api/v1/members/${admin.id}`, undefined, { method: 'DELETE' });
    expect((await me(made.key)).status).toBe(401);
  });

  test('are not made, or taken over by rotating, above the role of who asks', async () => {
    const admin = await member('admin');
    const create = { body: { name: 'up', role: 'owner' } };
    expect((await admin.ask('/api/v1/keys', create)).status).toBe(403);
    const owners = await makeKey({ role: 'owner' });
    const rotate = { method: 'POST', body: {} };
    expect((await admin.ask(`/api/v1/keys/${owners.id}/rotate`, rotate)).status).toBe(403);
    expect((await me(owners.key)).status).toBe(200);
    // A key makes no keys, whatever it may do besides.
    expect((await as(owners.key, '/api/v1/keys', create)).status).toBe(403);
  });

  test('are rotated by whoever made them alone: with the letters anybody else could act as that person', async () => {
    const [ada, bob] = [await member('owner'), await member('owner')];
    const { body: hers } = await ada.ask('/api/v1/keys', { body: { name: 'hers', role: 'viewer' } });
    const ofTheMachine = await makeKey({ role: 'viewer' });
    const rotate = (who: { ask: typeof ada.ask }, id: string) =>
      who.ask(`/api/v1/keys/${id}/rotate`, { method: 'POST', body: {} });
    for (const id of [hers.id, ofTheMachine.id])
      expect(await rotate(bob, id)).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining('Somebody else has made') },
      });
    expect((await http.call(`/api/v1/keys/${hers.id}/rotate`, {})).status).toBe(403);
    expect((await me(hers.key)).status).toBe(200);
    expect((await rotate(ada, hers.id)).status).toBe(200);
    expect((await bob.ask(`/api/v1/keys/${hers.id}`, { method: 'DELETE' })).status).toBe(204);
  });

  test('say when and whence they were last used', async () => {
    const { key, id } = await makeKey({ role: 'viewer' });
    await me(key);
    await vi.waitFor(
      async () => {
        const { keys } = (await http.call('/api/v1/keys?limit=200')).body;
        const found = keys.find((each: { id: string }) => each.id === id);
        expect(found).toMatchObject({ last_used_from: '127.0.0.1', last_used_at: expect.any(String) });
      },
      { timeout: 60_000, interval: 50 },
    );
  });

  test('are refused in a URL, wherever they stand in it', async () => {
    const { key } = await makeKey({ role: 'viewer' });
    for (const path of [
      `/api/v1/me?key=${key}`,
      `/api/v1/runs/${key}`,
      `/?token=${key}`,
      `/api/trpc/me.get?input=${key}`,
    ]) {
      const answer = await http.ask(path);
      expect(answer.status).toBe(400);
      expect(answer.body.advice).toContain('revoke');
    }
  });

  test("need somebody who asks: nobody makes one, for themselves or in another's name", async () => {
    const body = { name: 'x', role: 'owner' };
    expect((await http.ask('/api/v1/keys', { body })).status).toBe(401);
    expect((await http.call('/api/v1/keys', { ...body, made_by: `user_${'0'.repeat(32)}` })).status).toBe(
      400,
    );
  });
});

describe("an agent's token", () => {
  const REGISTRATION = { capabilities: ['tokens'] };

  test('lets its agent register, claim and report, and nobody else', async () => {
    const name = `tokened ${randomUUID()}`;
    const { token } = (await http.call('/api/v1/agent-tokens', { agent: name })).body;
    const register = (whose: string) =>
      as(token, '/api/v1/agents/register', { body: { name: whose, ...REGISTRATION } });
    const { body: agent, status } = await register(name);
    expect(status).toBe(201);
    expect((await register('other')).status).toBe(403);
    const { body: task } = await http.call('/api/v1/tasks', { type: 'tokens', payload: { n: 1 } });
    const claim = { generation: agent.generation, wait_ms: 20_000 };
    const { body: claimed } = await as(token, `/api/v1/agents/${agent.id}/claim`, { body: claim });
    expect(claimed.tasks).toMatchObject([{ task_id: task.task_id }]);
    const report = { type: 'succeeded', task_id: task.task_id, epoch: claimed.tasks[0].epoch, output: {} };
    const reports = { generation: agent.generation, reports: [report] };
    expect((await as(token, `/api/v1/agents/${agent.id}/reports`, { body: reports })).status).toBe(200);
    const other = (await http.call('/api/v1/agents/register', { name: 'stranger', ...REGISTRATION })).body;
    expect((await as(token, `/api/v1/agents/${other.id}/claim`, { body: claim })).status).toBe(404);
    for (const path of [
      '/api/v1/runs',
      '/api/v1/pipelines',
      `/api/v1/tasks/${task.task_id}`,
      '/api/v1/members',
    ]) {
      expect((await as(token, path)).status).toBe(403);
    }
  });

  test('that is revoked ends the claim that waits on it, and the next one', async () => {
    const { token, id } = (await http.call('/api/v1/agent-tokens', { agent: 'waiting' })).body;
    const body = { name: 'waiting', capabilities: ['nothing-comes'] };
    const agent = (await as(token, '/api/v1/agents/register', { body })).body;
    const claim = { body: { generation: agent.generation, wait_ms: 60_000 } };
    const waiting = as(token, `/api/v1/agents/${agent.id}/claim`, claim);
    await http.call(`/api/v1/agent-tokens/${id}`, undefined, { method: 'DELETE' });
    expect((await waiting).body.tasks ?? []).toEqual([]);
    expect((await as(token, `/api/v1/agents/${agent.id}/claim`, claim)).status).toBe(401);
  });

  test('ends when its time is over', async () => {
    const name = `short-lived ${randomUUID()}`;
    const { token, id } = (await http.call('/api/v1/agent-tokens', { agent: name })).body;
    const register = () => as(token, '/api/v1/agents/register', { body: { name, ...REGISTRATION } });
    expect((await register()).status).toBe(201);
    await http.program.database.sql.unsafe(
      `UPDATE agent_tokens SET expires_at = now() - interval '1 second' WHERE id = '${toUuid(id)}'`,
    );
    await vi.waitFor(async () => expect((await register()).status).toBe(401), {
      timeout: 60_000,
      interval: 100,
    });
  });

  test('does not pass for a key, nor a key for it', async () => {
    const { token } = (await http.call('/api/v1/agent-tokens', { agent: 'x' })).body;
    expect((await me(token.replace('sbxa_', 'sbx_'))).status).toBe(401);
  });
});

describe('the secret in the data folder', () => {
  test('counts on this machine and not through a proxy that speaks for another', async () => {
    await using behind = await openTestDoors(http.program, { trustedProxies: ['127.0.0.1'] });
    const headers = { authorization: `Bearer ${http.secret}` };
    expect((await behind.ask('/api/v1/me', { headers })).body).toMatchObject({
      kind: 'local',
      role: 'owner',
    });
    const from = { ...headers, 'x-forwarded-for': '203.0.113.9' };
    expect((await behind.ask('/api/v1/me', { headers: from })).status).toBe(401);
  });
});

describe('a token that another application has signed', () => {
  const sign = (role: string) =>
    new SignJWT({ role, name: 'Ada' })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer('https://flask.example')
      .setAudience('signalbox')
      .setSubject('user-7')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(SHARED_SECRET));

  test('signs its people in with their roles', async () => {
    const staff = await sign('staff');
    expect((await me(staff)).body).toMatchObject({
      kind: 'external',
      role: 'operator',
      name: 'Ada',
      account: null,
    });
    expect((await as(staff, '/api/v1/members')).status).toBe(403);
    expect((await as(await sign('boss'), '/api/v1/members')).status).toBe(200);
    expect((await me(await sign('guest'))).status).toBe(401);
  });

  test('makes no keys, no members and no sessions', async () => {
    const boss = await sign('boss');
    for (const [path, body] of [
      ['/api/v1/keys', { name: 'x', role: 'viewer' }],
      ['/api/v1/invites', { role: 'viewer' }],
      ['/api/v1/auth/sign-out', {}],
    ] as const) {
      expect((await as(boss, path, { body })).status).toBe(403);
    }
  });
});
