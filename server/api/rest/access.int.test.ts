import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { ROLES, type Role, SCOPES } from '#server/identity/permissions.ts';
import { ACCESS, type AccessRow } from '#server/testing/access-table.ts';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { type Asked, type HttpAnswer, startTestServer, type TestServer } from '#server/testing/http.ts';
import { type Browser, joinAs, type Member, signInByLink } from '#server/testing/people.ts';
import { requestOf } from '#server/testing/request-of.ts';
import { listOperations } from '../operations/index.ts';
import type { Operation } from '../operations/operation.ts';
import { tools } from '../tools/index.ts';
import { toolRoutes } from '../tools/routes.ts';
import { restRoutes } from './routes.ts';

let http: TestServer;
const people = new Map<Role, Browser>();
let stranger: Browser;
/** Owns our organisation too, and is in another one of theirs at the moment. */
let twin: Member;
let expired: Browser;
let revoked: string;
let agentToken: string;
let viewer: Browser;
let world: ExampleWorld;

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const makeKey = async (body: object) =>
  (await http.call('/api/v1/keys', { name: 'k', role: 'owner', ...body })).body;

/** Somebody of ours who makes another organisation, and one who is invited to it and to nothing else. */
async function makeElsewhere(owner: Browser): Promise<void> {
  twin = await joinAs(http, owner, 'owner');
  const { id } = (await twin.ask('/api/v1/orgs', { body: { name: 'Elsewhere' } })).body;
  await twin.ask(`/api/v1/me/orgs/${id}/enter`, { method: 'POST', body: {} });
  stranger = await joinAs(http, twin, 'owner');
}

beforeAll(async () => {
  http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
  const owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
  for (const role of ROLES) people.set(role, await joinAs(http, owner, role));
  viewer = await joinAs(http, owner, 'viewer');
  world = createExampleWorld(http);
  await makeElsewhere(owner);
  const late = await joinAs(http, owner, 'owner');
  await http.program.database.sql`UPDATE sessions SET expires_at = now() - interval '1 second'
    WHERE user_id = ${toUuid(late.id)}::text::uuid`;
  expired = late;
  const gone = await makeKey({});
  await http.call(`/api/v1/keys/${gone.id}`, undefined, { method: 'DELETE' });
  revoked = gone.key;
  agentToken = (await http.call('/api/v1/agent-tokens', { agent: 'agent-name' })).body.token;
});
afterAll(() => http[Symbol.asyncDispose]());

const operations = new Map(
  listOperations().map(({ operation }) => [`${operation.method} ${operation.path}`, operation]),
);
const toolExamples = new Map(tools.map(({ name, example }) => [`POST /tools/${name}`, example]));
const names = [
  ...[...restRoutes, ...toolRoutes].map(({ method, path }) => `${method} ${path}`),
  'GET /metrics',
];
const rows = Object.entries(ACCESS);

const isUpload = (name: string): boolean => 'uploads' in (operations.get(name) ?? {});

/** The example as it stands: its ids are well-formed and name nothing, so whoever gets in finds nothing. */
function requestFor(name: string, input?: Record<string, unknown>): { path: string; asked: Asked } {
  const operation = operations.get(name);
  const [method = '', path = ''] = name.split(' ');
  const example = toolExamples.get(name);
  if (example) return { path, asked: { method, body: input ?? example } };
  if (!operation)
    return { path: path.replace('{id}', 'none'), asked: method === 'POST' ? { method, body: {} } : {} };
  const { target, headers, body } = requestOf(
    operation,
    input ?? (operation.example as Record<string, unknown>),
  );
  return { path: target, asked: { method, headers, ...(body ? { body } : {}) } };
}

async function knock(name: string, headers: Record<string, string>): Promise<HttpAnswer> {
  const { path, asked } = requestFor(name);
  return http.ask(path, { ...asked, headers: { ...asked.headers, ...headers } });
}

/** Past the door: whatever is wrong then is about the request. */
const isIn = ({ status, body }: HttpAnswer): boolean => {
  expect(status, JSON.stringify(body)).toBeLessThan(500);
  return status !== 401 && status !== 403;
};

test('every route has a row, and every row a route', () => {
  expect(Object.keys(ACCESS).sort()).toEqual([...names].sort());
});

describe.each(rows)('%s', (name, row) => {
  /** Signing in answers 401 for a wrong password too. */
  const isSignIn = row.open === true;

  test('lets in whom the table names, by role', async () => {
    for (const [at, role] of ROLES.entries()) {
      // What is no JSON a browser's session cannot send: a program with that role does.
      const headers = isUpload(name) ? bearer((await makeKey({ role })).key) : people.get(role)?.headers;
      const answer = await knock(name, headers ?? {});
      if (!isSignIn) expect([role, isIn(answer)]).toEqual([role, row.roles.charAt(at) === 'y']);
    }
  });

  test('lets no stranger in, no ended session and no revoked key, or anybody', async () => {
    const answers = [
      await knock(name, {}),
      await knock(name, expired.headers),
      await knock(name, bearer(revoked)),
    ];
    if (isSignIn) for (const { status } of answers) expect(status).not.toBe(403);
    else expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  test('lets keys in by their scopes', async () => {
    if (isSignIn) return;
    const needed = row.scopes ?? [];
    const others = SCOPES.filter((scope) => !needed.includes(scope));
    const isFree = row.scopes?.length === 0;
    const fitting = needed.length > 0 ? (await makeKey({ scopes: needed })).key : null;
    if (fitting) expect(isIn(await knock(name, bearer(fitting)))).toBe(true);
    expect(isIn(await knock(name, bearer((await makeKey({ scopes: others })).key)))).toBe(isFree);
    if (row.person) expect(isIn(await knock(name, bearer((await makeKey({})).key)))).toBe(false);
  });

  test("lets an agent's token in where it may", async () => {
    if (!isSignIn) expect(isIn(await knock(name, bearer(agentToken)))).toBe(row.agent === true);
  });
});

describe('another organisation', () => {
  const byId = rows.filter(
    ([name, row]) => name.includes('{') && !row.open && operations.has(name) && !isUpload(name),
  );

  test.each(byId)('%s answers as if it were not there', async (name, row: AccessRow) => {
    const operation = operations.get(name) as Operation;
    const input = (await world.settle(operation.example)) as Record<string, unknown>;
    const real = requestFor(name, input);
    const missing = requestFor(name);
    for (const who of [stranger, twin]) {
      const [found, absent] = [
        await who.ask(real.path, real.asked),
        await who.ask(missing.path, missing.asked),
      ];
      // Named by its own tenant's word, which may be free elsewhere, or each caller's own.
      if (/\{(key|place)\}/.test(name) || name === 'PUT /api/v1/secrets/{name}') return;
      expect(found.status, JSON.stringify(found.body)).toBe(row.person ? absent.status : 404);
      // The same words but for what was asked for.
      const neutral = ({ body }: HttpAnswer, { name: asked = '' }: Record<string, unknown>) =>
        String(body.detail)
          .replace(/([a-z]+_)?([0-9a-f]{64}|[0-9a-f-]{36}|[0-9a-f]{32}|[0-9a-f]{16}\b)(_\d+)?/g, 'ID')
          .replace(String(asked) || 'ID', 'ID');
      expect(neutral(found, input)).toBe(neutral(absent, operation.example as Record<string, unknown>));
    }
  });

  const lists = rows.filter(
    ([name, row]) => name.startsWith('GET') && !name.includes('{') && !row.open && !row.person && !row.home,
  );

  const shown = new Set<string>();
  test.each(lists)('%s shows nothing of ours', async (name) => {
    if (name === 'GET /api/v1/me') return;
    const ours = JSON.stringify((await http.call(name.slice(4))).body);
    const known = ours.match(/\b(run|pipe|agent|user|key|atk|inv)_[0-9a-f]{32}\b/g) ?? [];
    for (const who of [stranger, twin]) {
      const theirs = JSON.stringify((await who.ask(name.slice(4))).body);
      // The twin is a member of both, and known to both.
      for (const id of new Set(known)) if (id !== twin.id) expect(theirs).not.toContain(id);
    }
    for (const id of known) shown.add(id.split('_')[0] ?? '');
  });

  test('was looked for with things that are there', () => {
    expect([...shown].sort()).toEqual(['agent', 'atk', 'inv', 'key', 'pipe', 'run', 'user']);
  });

  test('goes on from a page of ours and still sees only its own', async () => {
    for (const path of ['/api/v1/runs', '/api/v1/pipelines', '/api/v1/keys', '/api/v1/members']) {
      const { next_cursor } = (await http.call(`${path}?limit=1`)).body;
      expect(next_cursor, path).toEqual(expect.any(String));
      const { status, body } = await stranger.ask(`${path}?cursor=${next_cursor}`);
      expect(status).toBe(200);
      const [items] = Object.values(body) as [unknown[]];
      expect(items.length).toBeLessThanOrEqual(path === '/api/v1/members' ? 2 : 0);
    }
  });

  test('cannot scrape what the whole installation does', async () => {
    expect((await stranger.ask('/metrics')).status).toBe(403);
  });
});

describe('inputs that would have more than they may', () => {
  const FIELDS = [
    'org_id',
    'orgId',
    'tenant_id',
    'owner_id',
    'isAdmin',
    'is_admin',
    'created_at',
    'made_by',
    'epoch_of',
    '__proto__x',
  ];
  const writes = listOperations().filter(
    ({ operation }) => operation.method !== 'GET' && !('uploads' in operation),
  );

  test.each(writes)('$name takes no field that is not its own', async ({ operation }) => {
    for (const field of FIELDS) {
      const input = { ...(operation.example as object), [field]: 'x' };
      const { target, method, headers, body } = requestOf(operation, input);
      expect((await http.call(target, body, { method, headers })).status).toBe(400);
    }
  });

  test.each(['/api/v1/runs', '/api/v1/pipelines', '/api/v1/members', '/api/v1/keys', '/api/v1/agent-tokens'])(
    '%s refuses a forged cursor',
    async (path) => {
      for (const cursor of [
        "' OR 1=1--",
        '../..',
        'null',
        `org_${'0'.repeat(32)}`,
        'x'.repeat(5000),
        '%00',
        '[]',
      ]) {
        expect((await http.call(`${path}?cursor=${encodeURIComponent(cursor)}`)).status).toBe(400);
      }
    },
  );
});

describe('the same operations as procedures', () => {
  const json = listOperations().filter(({ operation }) => !('answer' in operation));

  test.each(json)('$name asks who it is there too', async ({ name, operation }) => {
    const input = operation.example as object;
    const path = `/api/trpc/${name}`;
    const ask = (headers: Record<string, string>) =>
      operation.method === 'GET'
        ? http.ask(`${path}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers })
        : http.ask(path, { body: input, headers });
    const row = ACCESS[`${operation.method} ${operation.path}`];
    if (row?.open) return;
    expect((await ask({})).status).toBe(401);
    expect((await ask(expired.headers)).status).toBe(401);
    if (!row?.person) expect(isIn(await ask(viewer.headers))).toBe(row?.roles.charAt(4) === 'y');
  });
});
