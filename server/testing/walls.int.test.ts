import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessWorld, createAccessWorld } from './access-world.ts';
import { describeAnotherOrg } from './another-org.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createExampleWorld, type ExampleWorld } from './example-world.ts';
import { startTestServer, type TestServer } from './http.ts';

/** Two walls stand between organisations, the queries and the policies of Postgres. Each must hold without the other. */

describe('without any policy in Postgres, another organisation', () => {
  let http: TestServer;
  let access: AccessWorld;
  let world: ExampleWorld;

  beforeAll(async () => {
    http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
    await http.program.database.sql.unsafe(`DO $$ DECLARE open regclass; BEGIN
      FOR open IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', open);
      END LOOP; END $$`);
    access = await createAccessWorld(http);
    world = createExampleWorld(http);
  });
  afterAll(() => http[Symbol.asyncDispose]());

  test('is held back by none', async () => {
    const { sql } = http.program.database;
    expect(await sql`SELECT relname FROM pg_class WHERE relrowsecurity`).toHaveLength(0);
  });

  describeAnotherOrg(() => ({ http, access, world }));
});

/** Tables that are no tenant's, each with why. Whoever adds one says so here, or gives it an `org_id` and a policy. */
const OF_NO_TENANT: Record<string, string> = {
  orgs: 'the tenants themselves: a policy on their own id',
  users: 'a person may be a member of several organisations',
  linked_identities: 'how a person signs in, whatever they belong to',
  passkeys: 'how a person signs in',
  passkey_challenges: 'of a sign-in that is under way, before anybody is known',
  sign_in_flows: 'of a sign-in that is under way, before anybody is known',
  app_clients: 'programs that registered before anybody let them in',
  app_records: 'found by digests of secrets; what it grants has its tenant in its connection',
  inbox: 'ids of messages, which say nothing of whom they are for',
  outbox: 'messages on their way, which the engine alone reads; the queue names the tenant',
  stored_objects: 'found by content: who stored it is a list in the row',
  analytics_progress: 'how far all has been counted',
  guarding_settings: 'of the installation',
  schema_migrations: 'of the installation',
  server_keys: 'of the installation',
};

describe('the policies in Postgres', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  test('stand on every table that holds what is somebody’s and that the doors may touch', async () => {
    const rows = await database.sql<{ name: string; guarded: boolean; policies: string[] | null }[]>`
      SELECT c.relname AS name, c.relrowsecurity AS guarded,
        (SELECT array_to_json(array_agg(p.qual)) FROM pg_policies p WHERE p.tablename = c.relname
          AND p.schemaname = 'public' AND p.permissive = 'PERMISSIVE') AS policies
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND has_any_column_privilege('signalbox_door', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')`;
    expect(rows.length).toBeGreaterThan(30);
    for (const { name, guarded, policies } of rows) {
      expect([name, guarded]).toEqual([name, true]);
      expect([name, policies]).toEqual([name, ['(org_id = ( SELECT current_org() AS current_org))']]);
    }
  });

  test('stand on every table with a tenant, and a table without one has its reason', async () => {
    const rows = await database.sql<{ name: string; owned: boolean; guarded: boolean }[]>`
      SELECT c.relname AS name, c.relrowsecurity AS guarded,
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped) AS owned
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`;
    const names = (those: readonly { name: string }[]) => those.map(({ name }) => name).toSorted();
    const [owned, others] = [rows.filter((row) => row.owned), rows.filter((row) => !row.owned)];
    expect(names(others)).toEqual(Object.keys(OF_NO_TENANT).toSorted());
    expect(owned.length).toBeGreaterThan(30);
    expect(names(owned.filter(({ guarded }) => !guarded))).toEqual([]);
  });

  test('cannot be passed by the doors’ role', async () => {
    const [role] = await database.sql`SELECT rolsuper, rolbypassrls, rolcreaterole, rolcanlogin,
        (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owned,
        (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS memberships
      FROM pg_roles r WHERE rolname = 'signalbox_door'`;
    expect(role).toEqual({
      ...{ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcanlogin: false },
      ...{ owned: 0, memberships: 0 },
    });
  });
});
