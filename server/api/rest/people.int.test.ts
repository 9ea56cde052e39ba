import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { members, sessions, users } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import type { Role } from '#server/identity/permissions.ts';
import { startTestApp } from '#server/testing/app.ts';
import { type HttpAnswer, openTestDoors, startTestServer, type TestServer } from '#server/testing/http.ts';
import { browserWith, cookieOf, joinAs, PASSWORD, signInByLink } from '#server/testing/people.ts';

let http: TestServer;

beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http[Symbol.asyncDispose]());

const issueLink = () => http.program.services.identity.links.issueOwnerLink();
const openOwner = () => signInByLink(http, issueLink);
const member = async (role: Role) => joinAs(http, await openOwner(), role);
const browser = (cookie: string) => browserWith(http, cookie).ask;
const signIn = (email: string, password: string) =>
  http.ask('/api/v1/auth/sign-in', { body: { email, password } });

describe('the printed link', () => {
  test('makes the first owner once, and every later one signs the same owner in', async () => {
    const links = await Promise.all([1, 2, 3].map(() => issueLink()));
    const replies = await Promise.all(links.map((token) => http.ask(`/sign-in?token=${token}`)));
    expect(replies.map(({ status }) => status)).toEqual([303, 303, 303]);
    const all = await Promise.all(replies.map((reply) => browser(cookieOf(reply))('/api/v1/me')));
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(1);
    expect(all[0]?.body).toMatchObject({
      kind: 'person',
      role: 'owner',
      account: { email: null, has_password: false },
    });
  });

  test('opens once, however many open it together', async () => {
    const token = await issueLink();
    const replies = await Promise.all(Array.from({ length: 5 }, () => http.ask(`/sign-in?token=${token}`)));
    expect(replies.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(4);
  });

  test('asks for an account first where others can reach the server, and is not used up by that', async () => {
    // Of its own: the first owner gets an account here, once.
    await using own = await startTestServer();
    const { program } = own;
    const reachable = { ...program, services: { ...program.services, isLocalOnly: false } };
    await using other = await openTestDoors(reachable);
    const issueLink = () => program.services.identity.links.issueOwnerLink();
    const token = await issueLink();
    const asked = await other.ask(`/sign-in?token=${token}`);
    expect(asked.headers.get('location')).toBe(`/join#${token}`);
    expect(asked.headers.get('set-cookie')).toBeNull();
    const account = { name: 'Ada', email: 'ada@example.org', password: PASSWORD };
    const joined = await other.ask('/api/v1/auth/join', { body: { token, ...account } });
    expect(joined.body).toMatchObject({
      role: 'owner',
      account: { email: 'ada@example.org', has_password: true },
    });
    // With a password the next link is for those who have forgotten it.
    const again = await issueLink();
    expect((await other.ask(`/sign-in?token=${again}`)).headers.get('location')).toBe('/');
  });
});

describe('signing in by password', () => {
  test('works however the address is written', async () => {
    const { email, id } = await member('viewer');
    for (const written of [email, email.toUpperCase(), ` ${email} `, email.replace('person', 'ｐerson')]) {
      expect((await signIn(written, PASSWORD)).body.id).toBe(id);
    }
  });

  test('says the same for a wrong password, an address that nobody has, and a person who was removed', async () => {
    const gone = await member('viewer');
    const owner = await openOwner();
    await owner.ask(`/api/v1/members/${gone.id}`, { method: 'DELETE' });
    const { email } = await member('viewer');
    const replies = [
      await signIn(email, 'wrong password!'),
      await signIn('nobody@example.org', PASSWORD),
      await signIn(gone.email, PASSWORD),
    ];
    const said = replies.map(({ status, body }) => [status, body.detail, body.code]);
    expect(new Set(said.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(said[0]?.[0]).toBe(401);
    expect(replies.some((reply) => reply.headers.get('set-cookie'))).toBe(false);
  });

  test('ends the session that the browser had before: the id is new', async () => {
    const { ask, cookie, email } = await member('viewer');
    const again = await ask('/api/v1/auth/sign-in', { body: { email, password: PASSWORD } });
    expect(cookieOf(again)).not.toBe(cookie);
    expect((await ask('/api/v1/me')).status).toBe(401);
    expect((await browser(cookieOf(again))('/api/v1/me')).status).toBe(200);
  });

  test('leaves nothing in the database that would sign anybody in', async () => {
    const { cookie } = await member('viewer');
    const [, token = ''] = cookie.split('=');
    const rows = await http.program.database.sql`SELECT row_to_json(s)::text AS text FROM sessions s
      UNION ALL SELECT row_to_json(l)::text FROM sign_in_links l UNION ALL SELECT row_to_json(u)::text FROM users u`;
    expect(rows.length).toBeGreaterThan(0);
    const dump = JSON.stringify(rows);
    expect(dump).not.toContain(token);
    expect(dump).not.toContain(PASSWORD);
    for (const hash of dump.match(/[0-9a-f]{64}/g) ?? []) {
      expect((await browser(`${cookie.split('=')[0]}=${hash}`)('/api/v1/me')).status).toBe(401);
    }
  });
});

describe('sessions', () => {
  test('are listed, and one that is signed out is out at once', async () => {
    const { email, ask } = await member('viewer');
    const second = browser(cookieOf(await signIn(email, PASSWORD)));
    const { sessions } = (await ask('/api/v1/me/sessions')).body;
    expect(sessions).toHaveLength(2);
    const other = sessions.find((session: { is_current: boolean }) => !session.is_current);
    expect((await second('/api/v1/me')).status).toBe(200);
    expect((await ask(`/api/v1/me/sessions/${other.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await second('/api/v1/me')).status).toBe(401);
    const left = await ask('/api/v1/auth/sign-out', { method: 'POST', body: {} });
    expect(left.headers.get('set-cookie')).toContain('Max-Age=0');
    expect((await ask('/api/v1/me')).status).toBe(401);
  });

  test("somebody else's cannot be ended, and looks like one that is not there", async () => {
    const [one, two] = [await member('viewer'), await member('owner')];
    const [session] = (await one.ask('/api/v1/me/sessions')).body.sessions;
    const foreign = await two.ask(`/api/v1/me/sessions/${session.id}`, { method: 'DELETE' });
    const missing = await two.ask(`/api/v1/me/sessions/ses_${'0'.repeat(32)}`, { method: 'DELETE' });
    expect(foreign.status).toBe(404);
    const neutral = ({ body }: HttpAnswer, id: string) => body.detail.replace(id, 'ID');
    expect(neutral(foreign, session.id)).toBe(neutral(missing, `ses_${'0'.repeat(32)}`));
    expect((await one.ask('/api/v1/me')).status).toBe(200);
  });

  test.each([
    ['have been quiet for too long', "last_seen_at = now() - interval '8 days'"],
    ['have lasted too long', "expires_at = now() - interval '1 second'"],
  ])('end when they %s', async (_, change) => {
    const { ask, id } = await member('viewer');
    await http.program.database.sql.unsafe(`UPDATE sessions SET ${change} WHERE user_id = '${id.slice(5)}'`);
    // Up to two seconds are remembered.
    await vi.waitFor(async () => expect((await ask('/api/v1/me')).status).toBe(401), {
      timeout: 60_000,
      interval: 100,
    });
  });

  test('a new password ends all other sessions, and needs the old one', async () => {
    const { email, ask } = await member('viewer');
    const other = browser(cookieOf(await signIn(email, PASSWORD)));
    const change = { password: 'another horse battery' };
    for (const wrong of [{}, { current_password: 'wrong password!' }]) {
      expect((await ask('/api/v1/me', { method: 'PATCH', body: { ...change, ...wrong } })).status).toBe(403);
    }
    const right = { ...change, current_password: PASSWORD };
    expect((await ask('/api/v1/me', { method: 'PATCH', body: right })).status).toBe(200);
    expect((await other('/api/v1/me')).status).toBe(401);
    expect((await ask('/api/v1/me')).status).toBe(200);
    expect((await signIn(email, PASSWORD)).status).toBe(401);
    expect((await signIn(email, 'another horse battery')).status).toBe(200);
  });

  test('a stream of events ends when the session that opened it does', async () => {
    const owner = await openOwner();
    const task = await owner.ask('/api/v1/tasks', { body: { type: 'nobody-offers-this' } });
    const { ask, cookie } = await member('viewer');
    const stream = await fetch(`${http.origin}/api/v1/runs/${task.body.run_id}/events?follow=1`, {
      headers: { cookie },
    });
    expect(stream.status).toBe(200);
    const reading = stream.text().then(
      () => 'ended',
      () => 'ended',
    );
    await ask('/api/v1/auth/sign-out', { method: 'POST', body: {} });
    expect(await reading).toBe('ended');
  });
});

describe('members', () => {
  test('join by an invitation that works once, with the role that it names', async () => {
    const owner = await openOwner();
    const { body: invite } = await owner.ask('/api/v1/invites', {
      body: { role: 'designer', label: 'for Grace' },
    });
    expect((await owner.ask('/api/v1/invites')).body.invites).toMatchObject([
      { id: invite.id, label: 'for Grace' },
    ]);
    expect(JSON.stringify((await owner.ask('/api/v1/invites')).body)).not.toContain(invite.token);
    const account = { name: 'Grace', email: 'grace@example.org', password: PASSWORD };
    const joined = await http.ask('/api/v1/auth/join', { body: { token: invite.token, ...account } });
    expect(joined.body).toMatchObject({ role: 'designer', name: 'Grace' });
    const again = { token: invite.token, ...account, email: 'grace2@example.org' };
    expect((await http.ask('/api/v1/auth/join', { body: again })).status).toBe(401);
  });

  test('come back with the account that they have, if they prove it, and are raised by nothing', async () => {
    const { email } = await member('viewer');
    const owner = await openOwner();
    const { body: invite } = await owner.ask('/api/v1/invites', { body: { role: 'admin' } });
    const account = { token: invite.token, name: 'X', email, password: 'wrong password!' };
    expect((await http.ask('/api/v1/auth/join', { body: account })).status).toBe(401);
    const proved = await http.ask('/api/v1/auth/join', { body: { ...account, password: PASSWORD } });
    expect(proved.body).toMatchObject({ role: 'viewer' });
  });

  test('an invitation dies with the right of whoever sent it', async () => {
    const admin = await member('admin');
    const { body: invite } = await admin.ask('/api/v1/invites', { body: { role: 'viewer' } });
    const owner = await openOwner();
    await owner.ask(`/api/v1/members/${admin.id}`, { method: 'PATCH', body: { role: 'operator' } });
    const account = { name: 'Late', email: 'late@example.org', password: PASSWORD };
    expect((await http.ask('/api/v1/auth/join', { body: { token: invite.token, ...account } })).status).toBe(
      401,
    );
  });

  test('an admin neither makes nor changes owners, and nobody raises themselves', async () => {
    const [admin, designer, owner] = [await member('admin'), await member('designer'), await member('owner')];
    const role = (id: string, to: string) => ({
      path: `/api/v1/members/${id}`,
      request: { method: 'PATCH', body: { role: to } },
    });
    for (const [who, what] of [
      [admin, role(admin.id, 'owner')],
      [admin, role(owner.id, 'viewer')],
      [admin, { path: `/api/v1/members/${owner.id}`, request: { method: 'DELETE' } }],
      [admin, { path: '/api/v1/invites', request: { body: { role: 'owner' } } }],
      [designer, role(designer.id, 'admin')],
      [designer, { path: '/api/v1/invites', request: { body: { role: 'viewer' } } }],
      [designer, { path: `/api/v1/members/${admin.id}`, request: { method: 'DELETE' } }],
    ] as const) {
      expect((await who.ask(what.path, what.request)).status).toBe(403);
    }
    expect(
      (await admin.ask(`/api/v1/members/${designer.id}`, { method: 'PATCH', body: { role: 'viewer' } }))
        .status,
    ).toBe(200);
  });

  test('a changed role holds from the next request on', async () => {
    const { id, ask } = await member('operator');
    const owner = await openOwner();
    expect((await ask('/api/v1/dead-letters')).status).toBe(200);
    await owner.ask(`/api/v1/members/${id}`, { method: 'PATCH', body: { role: 'viewer' } });
    expect((await ask('/api/v1/dead-letters')).status).toBe(403);
    expect((await ask('/api/v1/me')).body.role).toBe('viewer');
  });

  test('of two last owners who leave at the same moment one stays', async () => {
    await using other = await startTestApp();
    await using doors = await openTestDoors(other);
    const token = await other.services.identity.links.issueOwnerLink();
    const first = browserWith(doors, cookieOf(await doors.ask(`/sign-in?token=${token}`))).ask;
    const { body: invite } = await first('/api/v1/invites', { body: { role: 'owner' } });
    const account = { name: 'B', email: 'b@example.org', password: PASSWORD };
    const joined = await doors.ask('/api/v1/auth/join', { body: { token: invite.token, ...account } });
    const second = browserWith(doors, cookieOf(joined)).ask;
    const ids = [(await first('/api/v1/me')).body.id, joined.body.id];
    const left = await Promise.all([
      first(`/api/v1/members/${ids[0]}`, { method: 'DELETE' }),
      second(`/api/v1/members/${ids[1]}`, { method: 'DELETE' }),
    ]);
    expect(left.map(({ status }) => status).sort()).toEqual([204, 409]);
    const [{ count } = { count: 0 }] = await other.database.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM memberships WHERE role = 'owner'`;
    expect(count).toBe(1);
  });

  test('a grant makes a viewer the designer of one pipeline until it is taken back', async () => {
    const { id, ask } = await member('viewer');
    const owner = await openOwner();
    const stages = [{ name: 'a', type: 'echo' }];
    const { body: pipeline } = await owner.ask('/api/v1/pipelines', {
      body: { name: `granted to ${id}`, stages },
    });
    const edit = (revision: number) =>
      ask(`/api/v1/pipelines/${pipeline.id}/draft`, {
        method: 'PUT',
        body: { revision, document: { stages: [{ key: 'b', type: 'echo' }] } },
      });
    expect((await edit(1)).status).toBe(403);
    const path = `/api/v1/pipelines/${pipeline.id}/grants/${id}`;
    expect((await owner.ask(path, { method: 'PUT', body: {} })).status).toBe(204);
    expect((await owner.ask(`/api/v1/pipelines/${pipeline.id}/grants`)).body.grants).toMatchObject([
      { user_id: id },
    ]);
    expect((await edit(1)).status).toBe(200);
    expect((await owner.ask(path, { method: 'DELETE' })).status).toBe(204);
    expect((await edit(2)).status).toBe(403);
  });
});

describe('what a page of another site can make a browser send', () => {
  test.each([
    ['a form', { 'content-type': 'text/plain' }],
    ['JSON from another origin', { 'content-type': 'application/json', origin: 'https://evil.example' }],
    ['a request without origin or site', { 'content-type': 'application/json' }],
  ])('changes nothing: %s', async (_, headers) => {
    const { cookie, ask } = await member('viewer');
    const response = await fetch(`${http.origin}/api/v1/auth/sign-out`, {
      method: 'POST',
      headers: { cookie, ...headers },
      body: '{}',
    });
    expect([400, 403]).toContain(response.status);
    expect((await ask('/api/v1/me')).status).toBe(200);
  });

  test('cannot sign it in as somebody else', async () => {
    const { email } = await member('viewer');
    const reply = await http.ask('/api/v1/auth/sign-in', {
      body: { email, password: PASSWORD },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(reply.status).toBe(403);
  });
});

test('the doors see no passwords, no sessions and no people of other tenants', async () => {
  await member('viewer');
  const { db } = http.program.services;
  const home = http.program.actor.orgId;
  for (const table of [users, sessions]) {
    const read = inTenant(db, home, (tx) => tx.select().from(table));
    await expect(read).rejects.toMatchObject({ cause: { code: '42501' } });
  }
  expect((await inTenant(db, home, (tx) => tx.select().from(members))).length).toBeGreaterThan(0);
  const elsewhere = 'org_00000000000070008000000000000002' as typeof home;
  expect(await inTenant(db, elsewhere, (tx) => tx.select().from(members))).toEqual([]);
});
