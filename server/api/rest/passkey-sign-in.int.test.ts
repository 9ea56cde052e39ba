import { describe, expect, test } from 'vitest';
import { createAuthenticator, type Oddities } from '#server/testing/authenticator.ts';
import { type HttpAnswer, openTestDoors } from '#server/testing/http.ts';
import { passkeyWorld } from '#server/testing/passkey-world.ts';
import { browserWith, cookieOf } from '#server/testing/people.ts';

const world = passkeyWorld();
const { sql, list, challenge, send, signIn, withPasskey, kept, sessionsOf, auditOf } = world;

describe('signing in by a passkey', () => {
  test('opens a session like any other, in the organisation that was used last', async () => {
    const { who, authenticator, id } = await withPasskey('operator');
    const answer = await signIn(authenticator);
    expect([answer.status, answer.body.id, answer.body.role]).toEqual([200, who.id, 'operator']);
    const browser = browserWith(world.http, cookieOf(answer));
    const { sessions } = (await browser.ask('/api/v1/me/sessions')).body;
    const own = sessions.find(({ is_current }: { is_current: boolean }) => is_current);
    expect(own.how).toBe('passkey');
    const [opened] = (await world.owner.ask(`/api/v1/audit?target=${own.id}`)).body.entries;
    expect(opened).toMatchObject({ action: 'session.opened', after: { how: 'passkey' } });
    const [passkey] = await list(who);
    expect(passkey.last_used_at).not.toBeNull();
    expect(await kept(id)).toMatchObject({ counter: 1 });
  });

  test('ends the session that the browser had before', async () => {
    const { who, authenticator } = await withPasskey();
    const again = await send(authenticator.get(await challenge()), who.headers);
    expect(again.status).toBe(200);
    expect((await who.ask('/api/v1/me')).status).toBe(401);
  });

  test('goes on where the authenticator counts nothing', async () => {
    const { authenticator } = await withPasskey();
    for (const _ of [1, 2]) expect((await signIn(authenticator, { counter: 0 })).status).toBe(200);
  });

  test.each([
    ['for another page', () => ({ origin: 'https://evil.example' })],
    ['for another name', () => ({ host: 'evil.example' })],
    ['without asking who somebody is', () => ({ isVerified: false })],
    ['for something that nobody gave out', () => ({ challenge: 'bm9ib2R5IGdhdmUgdGhpcyBvdXQ' })],
    ['by another key', () => ({ signedBy: createAuthenticator(world.http) })],
    ['for somebody else', () => ({ userHandle: 'AAECAwQFBgcICQoLDA0ODw' })],
    ['by a key that nobody knows', () => ({ credentialId: 'q83vASNFZ4k' })],
  ] as [string, () => Oddities][])(
    'is refused when it was signed %s, and changes nothing',
    async (_, odd) => {
      const { who, authenticator, id } = await withPasskey();
      const before = [await kept(id), await sessionsOf(who)];
      const answer = await signIn(authenticator, odd());
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([401, null]);
      expect([await kept(id), await sessionsOf(who)]).toEqual(before);
    },
  );

  test("is refused with the id of somebody else's passkey beside one's own signature", async () => {
    const [one, two] = [await withPasskey(), await withPasskey('admin')];
    const answer = await signIn(one.authenticator, { credentialId: two.authenticator.credentialId });
    expect(answer.status).toBe(401);
    expect(await sessionsOf(two.who)).toBe(1);
  });

  test('counts once, however often it is sent, and in its time only', async () => {
    const { who, authenticator } = await withPasskey();
    const signed = authenticator.get(await challenge(), { counter: 0 });
    const answers = await Promise.all([1, 2, 3].map(() => send(signed)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const late = authenticator.get(await challenge(), { counter: 0 });
    await sql()`UPDATE passkey_challenges SET expires_at = now() - interval '1 second'`;
    expect((await send(late)).status).toBe(401);
    expect(await sessionsOf(who)).toBe(2);
  });

  test('is refused when the counter goes back, at once too, which the audit says', async () => {
    const { who, authenticator, id } = await withPasskey();
    expect((await signIn(authenticator, { counter: 9 })).status).toBe(200);
    for (const counter of [9, 3, 0]) expect((await signIn(authenticator, { counter })).status).toBe(401);
    const two = [await challenge(), await challenge()].map((given) =>
      authenticator.get(given, { counter: 10 }),
    );
    const answers = await Promise.all(two.map((signed) => send(signed)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(await kept(id)).toMatchObject({ counter: 10 });
    expect(await sessionsOf(who)).toBe(3);
    expect(await auditOf(id)).toContain('passkey.refused');
  });

  test('says the same whatever was wrong', async () => {
    const { authenticator } = await withPasskey();
    const gone = await withPasskey();
    await world.owner.ask(`/api/v1/members/${gone.who.id}`, { method: 'DELETE' });
    const answers = [
      await signIn(createAuthenticator(world.http), { userHandle: 'AAECAwQFBgcICQoLDA0ODw' }),
      await signIn(authenticator, { isVerified: false }),
      await signIn(gone.authenticator),
    ];
    const said = answers.map(({ status, body }: HttpAnswer) => [status, body.code, body.detail]);
    expect(new Set(said.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(said[0]?.[0]).toBe(401);
  });

  test('is refused at an address without a name, which says where it works', async () => {
    await using doors = await openTestDoors(world.http.program);
    const answer = await doors.ask('/api/v1/auth/passkey/challenge', { body: {} });
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID']);
    expect(answer.body.advice).toContain('http://localhost');
  });
});

describe('attempts', () => {
  test('to sign in are counted by address and passkey, and not by account; a look at the page is none', async () => {
    const { program } = world.http;
    const seen: (string | null)[] = [];
    const attempt = async (_: unknown, account: string | null) => void seen.push(account);
    const services = { ...program.services, rates: { ...program.services.rates, attempt } };
    await using doors = await openTestDoors({ ...program, services }, {}, { name: 'localhost' });
    const { id, authenticator } = await withPasskey();
    const given = await doors.ask('/api/v1/auth/passkey/challenge', { body: {} });
    const credential = authenticator.get(given.body.public_key, { origin: 'https://evil.example' });
    await doors.ask('/api/v1/auth/passkey', { body: { credential } });
    expect(seen).toEqual([id]);
  });
});
