import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Sockets } from '#server/api/sockets/sockets.ts';
import { type App, compose } from '#server/compose.ts';
import { toUuid } from '#server/domain/ids.ts';
import { readEnv } from '#server/platform/env.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { bearer } from '#server/testing/app-world.ts';
import { attachTestSockets } from '#server/testing/attach-sockets.ts';
import { openTestDoors, startTestServer, type TestDoors, type TestServer } from '#server/testing/http.ts';
import { browserWith, joinAs, type Member, signInByLink } from '#server/testing/people.ts';
import { type PrivateRedis, startPrivateRedis } from '#server/testing/private-redis.ts';
import { connectWs, untilTold, type WsClient } from '#server/testing/ws-client.ts';

/**
 * What one process withdraws another refuses, because it is told: the clock stands still here, so nothing that it
 * remembers grows old and no session or socket ends by itself. A process that told only itself would let them in for ever.
 */
describe.each(['Redis', 'Postgres alone'])('told by %s', (by) => {
  let redis: PrivateRedis | undefined;
  let here: TestServer;
  let other: App;
  let there: TestDoors;
  let sockets: Sockets;
  let owner: ReturnType<typeof browserWith>;
  let folder: string;
  let stoodAt: number | undefined;

  beforeAll(async () => {
    const realNow = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => stoodAt ?? realNow());
    redis = by === 'Redis' ? await startPrivateRedis() : undefined;
    const shared: Record<string, string> = redis ? { REDIS_URL: redis.url } : {};
    here = await startTestServer(shared);
    folder = await mkdtemp(join(tmpdir(), 'signalbox-app-'));
    const settings = { DATABASE_URL: here.program.database.url, ...shared };
    const env = readEnv({ ...settings, SIGNALBOX_DATA_DIR: folder, SIGNALBOX_ROLES: 'web' }, folder);
    const metrics = createMetrics();
    other = await compose({
      ...{ env, metrics, logger: pino({ level: 'silent' }), isWarm: false },
      onStep: () => undefined,
    });
    const { services } = other;
    there = await openTestDoors({ ...here.program, app: other, services, metrics });
    sockets = attachTestSockets(there, { services, isShared: true });
    owner = await signInByLink(here, here.program.services.identity.links.issueOwnerLink);
  });
  afterAll(async () => {
    stoodAt = undefined;
    vi.restoreAllMocks();
    await sockets?.stop();
    await there?.[Symbol.asyncDispose]();
    await other?.stop();
    await here?.[Symbol.asyncDispose]();
    await redis?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The other process has seen them, and remembers; from here on no time goes by. */
  async function known(headers: Record<string, string>, path = '/api/v1/me'): Promise<void> {
    expect((await there.ask(path, { headers })).status).toBe(200);
    stoodAt = Date.now();
    onTestFinished(() => {
      stoodAt = undefined;
    });
    expect((await there.ask(path, { headers })).status).toBe(200);
  }

  async function refused(
    headers: Record<string, string>,
    status: number,
    path = '/api/v1/me',
  ): Promise<void> {
    while ((await there.ask(path, { headers })).status !== status) await setTimeout(20);
  }

  async function listenThere(token: string): Promise<WsClient> {
    const client = await connectWs({ origin: there.origin, token });
    onTestFinished(() => client.socket.terminate());
    await untilTold(client, { type: 'ready' });
    return client;
  }

  /** Cookies are named after the port: two servers on one machine have one each, behind a balancer they would share it. */
  const sessionThere = ({ cookie }: Member) => {
    const [old, port] = [here, there].map(({ origin }) => new URL(origin).port) as [string, string];
    return browserWith(there, cookie.replace(`_${old}=`, `_${port}=`)).headers;
  };

  test('a key that is revoked in one process is nobody in another, and what it had open there ends', async () => {
    const { id, key } = (await owner.ask('/api/v1/keys', { body: { name: 'k', role: 'viewer' } })).body;
    const { closed } = await listenThere(key);
    await known(bearer(key));
    expect((await owner.ask(`/api/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204);
    await refused(bearer(key), 401);
    expect((await closed).code).toBe(4401);
  });

  test('an agent’s token that is revoked is', async () => {
    const { id, token } = (await owner.ask('/api/v1/agent-tokens', { body: { agent: 'theirs' } })).body;
    await known(bearer(token));
    expect((await owner.ask(`/api/v1/agent-tokens/${id}`, { method: 'DELETE' })).status).toBe(204);
    await refused(bearer(token), 401);
  });

  test('a role that is lowered holds for sessions in another process, and for keys made with it', async () => {
    const member = await joinAs(here, owner, 'admin');
    const { key } = (await member.ask('/api/v1/keys', { body: { name: 'k', role: 'admin' } })).body;
    const { closed } = await listenThere(key);
    const path = '/api/v1/secrets';
    await known(sessionThere(member), path);
    await known(bearer(key), path);
    await owner.ask(`/api/v1/members/${member.id}`, { method: 'PATCH', body: { role: 'viewer' } });
    await refused(sessionThere(member), 403, path);
    await refused(bearer(key), 403, path);
    expect((await closed).code).toBe(4409);
  });

  test('a session that its person ends, and a membership that is taken, are over in another process', async () => {
    const [leaves, removed] = [await joinAs(here, owner, 'viewer'), await joinAs(here, owner, 'viewer')];
    await known(sessionThere(leaves));
    await known(sessionThere(removed));
    await leaves.ask('/api/v1/auth/sign-out', { method: 'POST', body: {} });
    await owner.ask(`/api/v1/members/${removed.id}`, { method: 'DELETE' });
    await refused(sessionThere(leaves), 401);
    await refused(sessionThere(removed), 401);
  });

  test('what was missed while nobody could listen is asked for once the line is there again', async () => {
    const { id, key } = (await owner.ask('/api/v1/keys', { body: { name: 'cut', role: 'viewer' } })).body;
    await known(bearer(key));
    const { sql } = here.program.database;
    // Not told to anybody: what stands in for news that got lost.
    await sql`UPDATE api_keys SET revoked_at = now() WHERE id = ${toUuid(id)}::text::uuid`;
    const cut = () => sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'signalbox-hearsay'`;
    expect(await cut()).toHaveLength(2);
    await refused(bearer(key), 401);
  });
});
