import { afterAll, beforeAll, expect, test } from 'vitest';
import { toUuid, type UserId } from '#server/domain/ids.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { joinAs, type Member, PASSWORD, signInByLink } from '#server/testing/people.ts';

const ISSUERS = ['https://login.example.org', 'https://id.example.net'] as const;

let http: TestServer;

beforeAll(async () => {
  http = await startTestServer();
});
afterAll(() => http?.[Symbol.asyncDispose]());

const sql = () => http.program.database.sql;
const userOf = ({ id }: Member) => toUuid(id as UserId);
const owner = () => signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());

/** Somebody whom two providers know. */
async function linkedMember(): Promise<Member> {
  const member = await joinAs(http, await owner(), 'viewer');
  for (const issuer of ISSUERS)
    await sql()`INSERT INTO linked_identities (issuer, subject, user_id)
      VALUES (${issuer}, ${member.id}, ${userOf(member)}::text::uuid)`;
  return member;
}
const unlink = ({ ask }: Member, password?: string) =>
  ask('/api/v1/me/identities/unlink', {
    body: { issuer: ISSUERS[0], ...(password === undefined ? {} : { current_password: password }) },
  });
const linked = async ({ ask }: Member): Promise<string[]> =>
  (await ask('/api/v1/me/identities')).body.identities.map(({ issuer }: { issuer: string }) => issuer);
const actionsOn = async ({ id }: Member): Promise<string[]> =>
  (await (await owner()).ask(`/api/v1/audit?target=${id}`)).body.entries.map(
    ({ action }: { action: string }) => action,
  );

test('an account elsewhere is unlinked with the password only', async () => {
  const member = await linkedMember();
  for (const wrong of [undefined, 'wrong password!']) {
    const { status, body } = await unlink(member, wrong);
    expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
  }
  expect(await linked(member)).toHaveLength(2);
  expect(await actionsOn(member)).toContain('account.refused');
  expect((await unlink(member, PASSWORD)).status).toBe(204);
  expect(await linked(member)).toEqual([ISSUERS[1]]);
  expect(await actionsOn(member)).toContain('account.unlinked');
});

test('an address, where no proof can stand, unlinks nothing', async () => {
  const member = await linkedMember();
  const path = `/api/v1/me/identities?issuer=${encodeURIComponent(ISSUERS[0])}`;
  expect((await member.ask(path, { method: 'DELETE' })).status).toBe(405);
  expect(await linked(member)).toHaveLength(2);
});

test('without a password it takes a sign-in of just now', async () => {
  const member = await linkedMember();
  await sql()`UPDATE users SET password_hash = NULL WHERE id = ${userOf(member)}::text::uuid`;
  const signedIn = (before: string) =>
    sql()`UPDATE sessions SET created_at = now() - ${before}::text::interval WHERE user_id = ${userOf(member)}::text::uuid`;
  await signedIn('16 minutes');
  expect((await unlink(member)).status).toBe(403);
  expect(await linked(member)).toHaveLength(2);
  await signedIn('14 minutes');
  expect((await unlink(member)).status).toBe(204);
  expect(await linked(member)).toEqual([ISSUERS[1]]);
});
