import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { openTestDoor, type Reply, type TestDoor } from '#server/testing/door.ts';

let program: TestApp;
let door: TestDoor;

beforeAll(async () => {
  program = await startTestApp();
  door = await openTestDoor(program);
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

const PASSWORD = 'correct horse battery';
type Request = { method?: string; body?: unknown };

function cookieOf(reply: Reply): string {
  return (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** A browser: its cookie, and the headers that browsers add. */
function browser(cookie: string, on = door) {
  return (path: string, request: Request = {}) =>
    on.call(path, { ...request, headers: { cookie, origin: on.origin, 'sec-fetch-site': 'same-origin' } });
}

async function openOwner() {
  const token = await program.services.identity.links.issueOwnerLink();
  return browser(cookieOf(await door.call(`/sign-in?token=${token}`)));
}

let people = 0;

async function member(role: string) {
  const owner = await openOwner();
  const { body: invite } = await owner('invites', { body: { role } });
  const email = `person-${++people}@example.org`;
  const account = { name: `Person ${people}`, email, password: PASSWORD };
  const joined = await door.call('auth/join', { body: { token: invite.token, ...account } });
  expect(joined.status).toBe(200);
  const id = joined.body.id as string;
  return { id, email, role, cookie: cookieOf(joined), ask: browser(cookieOf(joined)) };
}

const signIn = (email: string, password: string) => door.call('auth/sign-in', { body: { email, password } });

describe('the printed link', () => {
  test('makes the first owner once, and every later one signs the same owner in', async () => {
    const links = await Promise.all([1, 2, 3].map(() => program.services.identity.links.issueOwnerLink()));
    const replies = await Promise.all(links.map((token) => door.call(`/sign-in?token=${token}`)));
    expect(replies.map(({ status }) => status)).toEqual([303, 303, 303]);
    const all = await Promise.all(replies.map((reply) => browser(cookieOf(reply))('me')));
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(1);
    expect(all[0]?.body).toMatchObject({
      kind: 'person',
      role: 'owner',
      account: { email: null, has_password: false },
    });
  });

  test('opens once, however many open it together', async () => {
    const token = await program.services.identity.links.issueOwnerLink();
    const replies = await Promise.all(Array.from({ length: 5 }, () => door.call(`/sign-in?token=${token}`)));
    expect(replies.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(4);
  });

  test('asks for an account first where others can reach the server, and is not used up by that', async () => {
    const reachable = { ...program, services: { ...program.services, isLocalOnly: false } };
    await using other = await openTestDoor(reachable);
    const token = await program.services.identity.links.issueOwnerLink();
    const asked = await other.call(`/sign-in?token=${token}`);
    expect(asked.headers.get('location')).toBe(`/join#${token}`);
    expect(asked.headers.get('set-cookie')).toBeNull();
    const account = { name: 'Ada', email: 'ada@example.org', password: PASSWORD };
    const joined = await other.call('auth/join', { body: { token, ...account } });
    expect(joined.body).toMatchObject({
      role: 'owner',
      account: { email: 'ada@example.org', has_password: true },
    });
    // With a password the next link is for those who have forgotten it.
    const again = await program.services.identity.links.issueOwnerLink();
    expect((await other.call(`/sign-in?token=${again}`)).headers.get('location')).toBe('/');
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
    await owner(`members/${gone.id}`, { method: 'DELETE' });
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
    const again = await ask('auth/sign-in', { body: { email, password: PASSWORD } });
    expect(cookieOf(again)).not.toBe(cookie);
    expect((await ask('me')).status).toBe(401);
    expect((await browser(cookieOf(again))('me')).status).toBe(200);
  });

  test('leaves nothing in the database that would sign anybody in', async () => {
    const { cookie } = await member('viewer');
    const [, token = ''] = cookie.split('=');
    const rows = await program.database.sql`SELECT row_to_json(s)::text AS text FROM sessions s
      UNION ALL SELECT row_to_json(l)::text FROM sign_in_links l UNION ALL SELECT row_to_json(u)::text FROM users u`;
    expect(rows.length).toBeGreaterThan(0);
    const dump = JSON.stringify(rows);
    expect(dump).not.toContain(token);
    expect(dump).not.toContain(PASSWORD);
    for (const hash of dump.match(/[0-9a-f]{64}/g) ?? []) {
      expect((await browser(`${cookie.split('=')[0]}=${hash}`)('me')).status).toBe(401);
    }
  });
});

describe('sessions', () => {
  test('are listed, and one that is signed out is out at once', async () => {
    const { email, ask } = await member('viewer');
    const second = browser(cookieOf(await signIn(email, PASSWORD)));
    const { sessions } = (await ask('me/sessions')).body;
    expect(sessions).toHaveLength(2);
    const other = sessions.find((session: { is_current: boolean }) => !session.is_current);
    expect((await second('me')).status).toBe(200);
    expect((await ask(`me/sessions/${other.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await second('me')).status).toBe(401);
    const left = await ask('auth/sign-out', { method: 'POST', body: {} });
    expect(left.headers.get('set-cookie')).toContain('Max-Age=0');
    expect((await ask('me')).status).toBe(401);
  });

  test("somebody else's cannot be ended, and looks like one that is not there", async () => {
    const [one, two] = [await member('viewer'), await member('owner')];
    const [session] = (await one.ask('me/sessions')).body.sessions;
    const foreign = await two.ask(`me/sessions/${session.id}`, { method: 'DELETE' });
    const missing = await two.ask(`me/sessions/ses_${'0'.repeat(32)}`, { method: 'DELETE' });
    expect(foreign.status).toBe(404);
    const neutral = ({ body }: Reply, id: string) => body.detail.replace(id, 'ID');
    expect(neutral(foreign, session.id)).toBe(neutral(missing, `ses_${'0'.repeat(32)}`));
    expect((await one.ask('me')).status).toBe(200);
  });

  test.each([
    ['have been quiet for too long', "last_seen_at = now() - interval '8 days'"],
    ['have lasted too long', "expires_at = now() - interval '1 second'"],
  ])('end when they %s', async (_, change) => {
    const { ask, id } = await member('viewer');
    await program.database.sql.unsafe(`UPDATE sessions SET ${change} WHERE user_id = '${id.slice(5)}'`);
    // Up to two seconds are remembered.
    await vi.waitFor(async () => expect((await ask('me')).status).toBe(401), {
      timeout: 20_000,
      interval: 100,
    });
  });

  test('a new password ends all other sessions, and needs the old one', async () => {
    const { email, ask } = await member('viewer');
    const other = browser(cookieOf(await signIn(email, PASSWORD)));
    const change = { password: 'another horse battery' };
    for (const wrong of [{}, { current_password: 'wrong password!' }]) {
      expect((await ask('me', { method: 'PATCH', body: { ...change, ...wrong } })).status).toBe(403);
    }
    const right = { ...change, current_password: PASSWORD };
    expect((await ask('me', { method: 'PATCH', body: right })).status).toBe(200);
    expect((await other('me')).status).toBe(401);
    expect((await ask('me')).status).toBe(200);
    expect((await signIn(email, PASSWORD)).status).toBe(401);
    expect((await signIn(email, 'another horse battery')).status).toBe(200);
  });

  test('a stream of events ends when the session that opened it does', async () => {
    const owner = await openOwner();
    const task = await owner('tasks', { body: { type: 'nobody-offers-this' } });
    const { ask, cookie } = await member('viewer');
    const stream = await fetch(`${door.origin}/api/v1/runs/${task.body.run_id}/events?follow=1`, {
      headers: { cookie },
    });
    expect(stream.status).toBe(200);
    const reading = stream.text().then(
      () => 'ended',
      () => 'ended',
    );
    await ask('auth/sign-out', { method: 'POST', body: {} });
    expect(await reading).toBe('ended');
  });
});

describe('members', () => {
  test('join by an invitation that works once, with the role that it names', async () => {
    const owner = await openOwner();
    const { body: invite } = await owner('invites', { body: { role: 'designer', label: 'for Grace' } });
    expect((await owner('invites')).body.invites).toMatchObject([{ id: invite.id, label: 'for Grace' }]);
    expect(JSON.stringify((await owner('invites')).body)).not.toContain(invite.token);
    const account = { name: 'Grace', email: 'grace@example.org', password: PASSWORD };
    const joined = await door.call('auth/join', { body: { token: invite.token, ...account } });
    expect(joined.body).toMatchObject({ role: 'designer', name: 'Grace' });
    const again = { token: invite.token, ...account, email: 'grace2@example.org' };
    expect((await door.call('auth/join', { body: again })).status).toBe(401);
  });

  test('come back with the account that they have, if they prove it, and are raised by nothing', async () => {
    const { email } = await member('viewer');
    const owner = await openOwner();
    const { body: invite } = await owner('invites', { body: { role: 'admin' } });
    const account = { token: invite.token, name: 'X', email, password: 'wrong password!' };
    expect((await door.call('auth/join', { body: account })).status).toBe(401);
    const proved = await door.call('auth/join', { body: { ...account, password: PASSWORD } });
    expect(proved.body).toMatchObject({ role: 'viewer' });
  });

  test('an invitation dies with the right of whoever sent it', async () => {
    const admin = await member('admin');
    const { body: invite } = await admin.ask('invites', { body: { role: 'viewer' } });
    const owner = await openOwner();
    await owner(`members/${admin.id}`, { method: 'PATCH', body: { role: 'operator' } });
    const account = { name: 'Late', email: 'late@example.org', password: PASSWORD };
    expect((await door.call('auth/join', { body: { token: invite.token, ...account } })).status).toBe(401);
  });

  test('an admin neither makes nor changes owners, and nobody raises themselves', async () => {
    const [admin, designer, owner] = [await member('admin'), await member('designer'), await member('owner')];
    const role = (id: string, to: string) => ({
      path: `members/${id}`,
      request: { method: 'PATCH', body: { role: to } },
    });
    for (const [who, what] of [
      [admin, role(admin.id, 'owner')],
      [admin, role(owner.id, 'viewer')],
      [admin, { path: `members/${owner.id}`, request: { method: 'DELETE' } }],
      [admin, { path: 'invites', request: { body: { role: 'owner' } } }],
      [designer, role(designer.id, 'admin')],
      [designer, { path: 'invites', request: { body: { role: 'viewer' } } }],
      [designer, { path: `members/${admin.id}`, request: { method: 'DELETE' } }],
    ] as const) {
      expect((await who.ask(what.path, what.request)).status).toBe(403);
    }
    expect(
      (await admin.ask(`members/${designer.id}`, { method: 'PATCH', body: { role: 'viewer' } })).status,
    ).toBe(200);
  });

  test('a changed role holds from the next request on', async () => {
    const { id, ask } = await member('operator');
    const owner = await openOwner();
    expect((await ask('dead-letters')).status).toBe(200);
    await owner(`members/${id}`, { method: 'PATCH', body: { role: 'viewer' } });
    expect((await ask('dead-letters')).status).toBe(403);
    expect((await ask('me')).body.role).toBe('viewer');
  });

  test('of two last owners who leave at the same moment one stays', async () => {
    await using other = await startTestApp();
    await using otherDoor = await openTestDoor(other);
    const token = await other.services.identity.links.issueOwnerLink();
    const first = browser(cookieOf(await otherDoor.call(`/sign-in?token=${token}`)), otherDoor);
    const { body: invite } = await first('invites', { body: { role: 'owner' } });
    const account = { name: 'B', email: 'b@example.org', password: PASSWORD };
    const joined = await otherDoor.call('auth/join', { body: { token: invite.token, ...account } });
    const second = browser(cookieOf(joined), otherDoor);
    const ids = [(await first('me')).body.id, joined.body.id];
    const left = await Promise.all([
      first(`members/${ids[0]}`, { method: 'DELETE' }),
      second(`members/${ids[1]}`, { method: 'DELETE' }),
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
    const { body: pipeline } = await owner('pipelines', { body: { name: `granted to ${id}`, stages } });
    const edit = (revision: number) =>
      ask(`pipelines/${pipeline.id}/draft`, {
        method: 'PUT',
        body: { revision, document: { stages: [{ key: 'b', type: 'echo' }] } },
      });
    expect((await edit(1)).status).toBe(403);
    const path = `pipelines/${pipeline.id}/grants/${id}`;
    expect((await owner(path, { method: 'PUT', body: {} })).status).toBe(204);
    expect((await owner(`pipelines/${pipeline.id}/grants`)).body.grants).toMatchObject([{ user_id: id }]);
    expect((await edit(1)).status).toBe(200);
    expect((await owner(path, { method: 'DELETE' })).status).toBe(204);
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
    const response = await fetch(`${door.origin}/api/v1/auth/sign-out`, {
      method: 'POST',
      headers: { cookie, ...headers },
      body: '{}',
    });
    expect([400, 403]).toContain(response.status);
    expect((await ask('me')).status).toBe(200);
  });

  test('cannot sign it in as somebody else', async () => {
    const { email } = await member('viewer');
    const reply = await door.call('auth/sign-in', {
      body: { email, password: PASSWORD },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(reply.status).toBe(403);
  });
});

test('the doors see no passwords, no sessions and no people of other tenants', async () => {
  await member('viewer');
  const { inTenant } = await import('#db/tenant.ts');
  const { members, sessions, users } = await import('#db/schema/index.ts');
  const { db } = program.services;
  const home = program.actor.orgId;
  for (const table of [users, sessions]) {
    const read = inTenant(db, home, (tx) => tx.select().from(table));
    await expect(read).rejects.toMatchObject({ cause: { code: '42501' } });
  }
  expect((await inTenant(db, home, (tx) => tx.select().from(members))).length).toBeGreaterThan(0);
  const elsewhere = 'org_00000000000070008000000000000002' as typeof home;
  expect(await inTenant(db, elsewhere, (tx) => tx.select().from(members))).toEqual([]);
});
