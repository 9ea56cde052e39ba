import { describe, expect, test, vi } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { createAuthenticator, type Oddities } from '#server/testing/authenticator.ts';
import { passkeyWorld } from '#server/testing/passkey-world.ts';
import {
  addPasskey,
  type Browser,
  browserWith,
  cookieOf,
  makePasskey,
  PASSWORD,
} from '#server/testing/people.ts';

const world = passkeyWorld();
const {
  sql,
  member,
  list,
  challenge,
  signIn,
  withPasskey,
  withoutPassword,
  kept,
  sessionsOf,
  remove,
  auditOf,
} = world;

describe('adding a passkey', () => {
  test('takes the password and a device that asks who somebody is, and is told of by the audit', async () => {
    const { who, authenticator, id } = await withPasskey();
    expect(await list(who)).toEqual([
      {
        ...{ id, name: 'The laptop', host: 'localhost', last_used_at: null },
        created_at: expect.any(String),
      },
    ]);
    expect(await auditOf(id)).toEqual(['passkey.added']);
    // The device is told what it holds already, so that it makes no second one.
    const again = await who.ask('/api/v1/me/passkeys/challenge', { body: { current_password: PASSWORD } });
    expect(again.body.public_key).toMatchObject({
      rp: { id: 'localhost' },
      user: { name: who.email },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [{ id: authenticator.credentialId, transports: ['internal'] }],
    });
  });

  test('is refused without the password, and with a wrong one', async () => {
    const who = await member();
    for (const body of [{}, { current_password: 'wrong password!' }]) {
      expect((await who.ask('/api/v1/me/passkeys/challenge', { body })).status).toBe(403);
    }
    const [{ count } = { count: -1 }] = await sql()<{ count: number }[]>`SELECT count(*)::int AS count
      FROM passkey_challenges c JOIN sessions s ON s.id = c.session_id WHERE s.user_id = ${toUuid(who.id)}::text::uuid`;
    expect(count).toBe(0);
  });

  test('by somebody without a password asks for a sign-in of just now, and so does a first password', async () => {
    const { who, authenticator } = await withPasskey();
    await withoutPassword(who);
    expect((await who.ask('/api/v1/me/passkeys/challenge', { body: {} })).status).toBe(200);
    await sql()`UPDATE sessions SET created_at = now() - interval '16 minutes'
      WHERE user_id = ${toUuid(who.id)}::text::uuid`;
    const password = { method: 'PATCH', body: { password: 'another horse battery' } };
    expect((await who.ask('/api/v1/me/passkeys/challenge', { body: {} })).status).toBe(403);
    expect((await who.ask('/api/v1/me', password)).status).toBe(403);
    const fresh = browserWith(world.http, cookieOf(await signIn(authenticator)));
    expect((await fresh.ask('/api/v1/me', password)).status).toBe(200);
  });

  test.each([
    ['for another page', { origin: 'https://evil.example' }],
    ['for another name', { host: 'evil.example' }],
    ['without asking who somebody is', { isVerified: false }],
    ['for something that nobody gave out', { challenge: 'bm9ib2R5IGdhdmUgdGhpcyBvdXQ' }],
  ] as [string, Oddities][])('is refused when it was made %s', async (_, odd) => {
    const who = await member();
    const credential = await makePasskey(who, createAuthenticator(world.http), { password: PASSWORD, odd });
    const answer = await who.ask('/api/v1/me/passkeys', { body: { name: 'x', credential } });
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID']);
    expect(await list(who)).toEqual([]);
  });

  test('counts once, in its time, and for the session that began', async () => {
    const [who, other] = [await member(), await member()];
    const add = ({ ask }: Browser, credential: object) =>
      ask('/api/v1/me/passkeys', { body: { name: 'x', credential } });
    const credential = await makePasskey(who, createAuthenticator(world.http), { password: PASSWORD });
    expect((await add(other, credential)).status).toBe(400);
    const twice = await Promise.all([add(who, credential), add(who, credential)]);
    expect(twice.map(({ status }) => status).sort()).toEqual([201, 400]);
    const late = await makePasskey(who, createAuthenticator(world.http), { password: PASSWORD });
    await sql()`UPDATE passkey_challenges SET expires_at = now() - interval '1 second'`;
    expect((await add(who, late)).status).toBe(400);
    expect([(await list(who)).length, (await list(other)).length]).toEqual([1, 0]);
  });

  test('is refused for one that is known already, to whomever, and beyond twenty', async () => {
    const { authenticator } = await withPasskey();
    const other = await member();
    const credential = await makePasskey(other, authenticator, { password: PASSWORD });
    const taken = await other.ask('/api/v1/me/passkeys', { body: { name: 'x', credential } });
    expect([taken.status, taken.body.code]).toEqual([409, 'CONFLICT']);
    expect(await list(other)).toEqual([]);

    await sql()`INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, host, transports, name)
      SELECT gen_random_uuid(), ${toUuid(other.id)}::text::uuid, ${other.id} || n, 'x', 0, 'localhost', '[]', 'x'
      FROM generate_series(1, 20) n`;
    const more = await makePasskey(other, createAuthenticator(world.http), { password: PASSWORD });
    expect((await other.ask('/api/v1/me/passkeys', { body: { name: 'x', credential: more } })).status).toBe(
      409,
    );
  });
});

describe('a passkey', () => {
  test('is renamed and removed by whoever has it, and by nobody else', async () => {
    const { who, authenticator, id } = await withPasskey();
    const path = `/api/v1/me/passkeys/${id}`;
    const rename = { method: 'PATCH', body: { name: 'The old laptop' } };
    expect((await world.owner.ask(path, rename)).status).toBe(404);
    expect((await remove(world.owner, id)).status).toBe(404);
    expect((await who.ask(path, rename)).status).toBe(204);
    expect(await list(who)).toMatchObject([{ name: 'The old laptop' }]);
    expect((await remove(who, id)).status).toBe(204);
    expect(await list(who)).toEqual([]);
    expect((await signIn(authenticator)).status).toBe(401);
    expect((await auditOf(id)).sort()).toEqual(['passkey.added', 'passkey.removed', 'passkey.renamed']);
  });

  test('that is the last way to sign in stays, also when two go at once', async () => {
    const { who, id } = await withPasskey();
    const second = await addPasskey(who, createAuthenticator(world.http), PASSWORD);
    await withoutPassword(who);
    const answers = await Promise.all([id, second].map((which) => remove(who, which, null)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await list(who)).toHaveLength(1);
    const account = { issuer: 'https://login.example.org', subject: who.id };
    await sql()`INSERT INTO linked_identities (issuer, subject, user_id)
      VALUES (${account.issuer}, ${account.subject}, ${toUuid(who.id)}::text::uuid)`;
    const [left] = await list(who);
    expect((await remove(who, left.id, null)).status).toBe(204);
  });

  test('is removed with a proof only: the password, or without one a sign-in of just now', async () => {
    const { who, authenticator, id } = await withPasskey();
    for (const wrong of [null, 'wrong password!']) expect((await remove(who, id, wrong)).status).toBe(403);
    expect(
      (await world.http.ask(`/api/v1/me/passkeys/${id}`, { method: 'DELETE', headers: who.headers })).status,
    ).toBe(405);
    await addPasskey(who, createAuthenticator(world.http), PASSWORD);
    await withoutPassword(who);
    await sql()`UPDATE sessions SET created_at = now() - interval '16 minutes'
      WHERE user_id = ${toUuid(who.id)}::text::uuid`;
    expect((await remove(who, id, null)).status).toBe(403);
    expect(await list(who)).toHaveLength(2);
    const fresh = browserWith(world.http, cookieOf(await signIn(authenticator)));
    expect((await remove(fresh, id, null)).status).toBe(204);
    expect(await auditOf(who.id)).toContain('account.refused');
  });

  test('ends the other sessions that it opened with it, and no others', async () => {
    const { who, authenticator, id } = await withPasskey();
    const another = createAuthenticator(world.http);
    await addPasskey(who, another, PASSWORD);
    const [one, two, older] = [
      browserWith(world.http, cookieOf(await signIn(authenticator))),
      browserWith(world.http, cookieOf(await signIn(authenticator))),
      browserWith(world.http, cookieOf(await signIn(authenticator))),
    ];
    const byAnother = browserWith(world.http, cookieOf(await signIn(another)));
    const idOf = async ({ ask }: Browser) =>
      (await ask('/api/v1/me/sessions')).body.sessions.find(
        ({ is_current }: { is_current: boolean }) => is_current,
      ).id;
    const [ended, before] = [await idOf(two), await idOf(older)];
    // From before it was written down which passkey opened it.
    await sql()`UPDATE sessions SET passkey_id = NULL WHERE id = ${toUuid(before)}::text::uuid`;
    const task = await world.owner.ask('/api/v1/tasks', { body: { type: 'nobody-offers-this' } });
    const stream = await fetch(`${world.http.origin}/api/v1/runs/${task.body.run_id}/events?follow=1`, {
      headers: two.headers,
    });
    expect(stream.status).toBe(200);
    expect((await remove(one, id)).status).toBe(204);
    const statuses = await Promise.all(
      [who, one, byAnother, two, older].map(async ({ ask }) => (await ask('/api/v1/me')).status),
    );
    expect(statuses).toEqual([200, 200, 200, 401, 401]);
    // What was open in it is cut off.
    await stream.text().catch(() => undefined);
    const [entry] = (await world.owner.ask(`/api/v1/audit?target=${id}&action=passkey.removed`)).body.entries;
    expect(entry.after.ended_sessions.sort()).toEqual([ended, before].sort());
  });

  test('that is removed while it signs in waits for that, and leaves no session of it behind', async () => {
    const { who, id } = await withPasskey();
    const [passkey, user] = [toUuid(id), toUuid(who.id)];
    const removed = await sql().begin(async (tx) => {
      // As a sign-in does: the passkey first, and a session of its person at the end.
      await tx`SELECT FROM passkeys WHERE id = ${passkey}::text::uuid FOR UPDATE`;
      const removing = remove(who, id);
      await vi.waitFor(
        async () => {
          const waiting = await sql()`SELECT FROM pg_stat_activity WHERE datname = current_database()
            AND wait_event_type = 'Lock' AND query LIKE 'DELETE FROM passkeys%'`;
          expect(waiting.length).toBe(1);
        },
        { timeout: 60_000 },
      );
      await tx`INSERT INTO sessions (id, token_hash, user_id, org_id, how, passkey_id, expires_at)
        SELECT gen_random_uuid(), 'of this moment', ${user}::text::uuid, org_id, 'passkey', ${passkey}::text::uuid, now() + interval '1 h'
        FROM memberships WHERE user_id = ${user}::text::uuid`;
      return { removing };
    });
    expect((await removed.removing).status).toBe(204);
    expect(await sessionsOf(who)).toBe(1);
  });

  test('lets an account elsewhere be unlinked that would be the last way in without it', async () => {
    const { who } = await withPasskey();
    await withoutPassword(who);
    const issuer = 'https://login.example.org';
    await sql()`INSERT INTO linked_identities (issuer, subject, user_id)
      VALUES (${issuer}, ${who.id}, ${toUuid(who.id)}::text::uuid)`;
    const unlink = await who.ask('/api/v1/me/identities/unlink', { body: { issuer } });
    expect(unlink.status).toBe(204);
  });

  test('goes with the last membership, and stays as long as there is one', async () => {
    const { who, id } = await withPasskey('owner');
    const { id: org } = (await who.ask('/api/v1/orgs', { body: { name: 'Second' } })).body;
    await world.owner.ask(`/api/v1/members/${who.id}`, { method: 'DELETE' });
    expect(await kept(id)).toMatchObject({ counter: 0 });
    const back = await world.http.ask('/api/v1/auth/sign-in', {
      body: { email: who.email, password: PASSWORD },
    });
    const there = browserWith(world.http, cookieOf(back));
    expect((await there.ask('/api/v1/me')).body.org_id).toBe(org);
    expect((await there.ask(`/api/v1/orgs/${org}`, { method: 'DELETE' })).status).toBe(204);
    expect(await kept(id)).toBeUndefined();
  });

  test('is nothing that a door could read, and signs nobody in by what is kept of it', async () => {
    const [row] = await sql()`SELECT relrowsecurity AS is_closed,
      has_table_privilege('signalbox_door', 'passkeys', 'SELECT') AS is_read,
      has_table_privilege('signalbox_door', 'passkey_challenges', 'SELECT') AS is_known
      FROM pg_class WHERE relname = 'passkeys'`;
    expect(row).toEqual({ is_closed: true, is_read: false, is_known: false });
    const { challenge: given } = await challenge();
    const [{ dump } = { dump: '' }] = await sql()<{ dump: string }[]>`
      SELECT coalesce(string_agg(c::text, ' '), '') AS dump FROM passkey_challenges c`;
    expect(dump).not.toBe('');
    expect(dump).not.toContain(given);
  });
});
