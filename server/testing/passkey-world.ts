import { afterAll, beforeAll } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import type { Role } from '#server/identity/permissions.ts';
import { type Authenticator, createAuthenticator, type Oddities } from './authenticator.ts';
import { startTestServer, type TestServer } from './http.ts';
import { addPasskey, type Browser, joinAs, type Member, PASSWORD, signInByLink } from './people.ts';

/** A server at an address with a name, its owner, and what tests of passkeys do with people and their devices. */
export function passkeyWorld() {
  let http: TestServer;
  let owner: Browser;

  beforeAll(async () => {
    http = await startTestServer({}, { name: 'localhost' });
    owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
  });
  afterAll(() => http[Symbol.asyncDispose]());

  const sql = () => http.program.database.sql;
  const member = (role: Role = 'viewer') => joinAs(http, owner, role);
  const challenge = async () =>
    (await http.ask('/api/v1/auth/passkey/challenge', { body: {} })).body.public_key;
  const send = (credential: object, headers: Record<string, string> = {}) =>
    http.ask('/api/v1/auth/passkey', { body: { credential }, headers });

  return {
    get http() {
      return http;
    },
    get owner() {
      return owner;
    },
    ...{ sql, member, challenge, send },
    list: async ({ ask }: Pick<Browser, 'ask'>) => (await ask('/api/v1/me/passkeys')).body.passkeys,
    signIn: async (authenticator: Authenticator, odd?: Oddities) =>
      send(authenticator.get(await challenge(), odd)),

    async withPasskey(role?: Role): Promise<{ who: Member; authenticator: Authenticator; id: string }> {
      const who = await member(role);
      const authenticator = createAuthenticator(http);
      return { who, authenticator, id: await addPasskey(who, authenticator, PASSWORD) };
    },

    /** As somebody whom a provider has introduced, and who has nothing else. */
    async withoutPassword({ id }: Member): Promise<void> {
      await sql()`UPDATE users SET password_hash = NULL WHERE id = ${toUuid(id)}::text::uuid`;
    },

    async kept(id: string) {
      const [row] =
        await sql()`SELECT counter::int, last_used_at FROM passkeys WHERE id = ${toUuid(id)}::text::uuid`;
      return row;
    },

    async sessionsOf({ id }: Member) {
      const [row] =
        await sql()`SELECT count(*)::int AS count FROM sessions WHERE user_id = ${toUuid(id)}::text::uuid`;
      return row?.count;
    },

    remove: ({ ask }: Pick<Browser, 'ask'>, id: string, password: string | null = PASSWORD) =>
      ask(`/api/v1/me/passkeys/${id}/remove`, {
        body: password === null ? {} : { current_password: password },
      }),

    auditOf: async (target: string) =>
      (await owner.ask(`/api/v1/audit?target=${target}`)).body.entries.map(
        ({ action }: { action: string }) => action,
      ),
  };
}
