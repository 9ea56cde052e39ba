import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES, type Role, SCOPES, type Scope } from '#server/identity/permissions.ts';
import { ACCESS, type AccessRow, OTHER_DOORS } from '#server/testing/access-table.ts';
import {
  type AccessWorld,
  askWith,
  bearer,
  createAccessWorld,
  exampleOf,
  isUpload,
  procedureFor,
  requestFor,
} from '#server/testing/access-world.ts';
import { describeAnotherOrg } from '#server/testing/another-org.ts';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { type HttpAnswer, startTestServer, type TestServer } from '#server/testing/http.ts';
import { requestOf } from '#server/testing/request-of.ts';
import { listOperations } from '../operations/index.ts';
import { apiRoutes } from '../routes.ts';

let http: TestServer;
let access: AccessWorld;
let world: ExampleWorld;

beforeAll(async () => {
  http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
  access = await createAccessWorld(http);
  world = createExampleWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

const rows = Object.entries(ACCESS);

const knockAs = (name: string) => (headers: Record<string, string>) => {
  const { path, asked } = requestFor(name);
  return askWith(http, headers)(path, asked);
};

/** Past the door: whatever is wrong then is about the request. */
const isIn = ({ status, body }: HttpAnswer): boolean => {
  expect(status, JSON.stringify(body)).toBeLessThan(500);
  return status !== 401 && status !== 403;
};

test('every route has a row, and every row a route', () => {
  const served = [...apiRoutes.map(({ method, path }) => `${method} ${path}`), 'GET /metrics'];
  expect([...Object.keys(ACCESS), ...Object.keys(OTHER_DOORS)].sort()).toEqual(served.sort());
});

describe('beside operations and tools', () => {
  const others = apiRoutes.flatMap((route) => {
    const kind = OTHER_DOORS[`${route.method} ${route.path}`];
    return kind ? [{ ...route, kind, name: `${route.method} ${route.path}` }] : [];
  });

  test.each(others)('$name is as open as the table says', async ({ method, path, kind, isOpen }) => {
    expect(isOpen === true).toBe(kind === 'open');
    if (kind === 'open') return;
    const asked = { method, ...(method === 'POST' ? { body: {} } : {}) };
    const owner = access.people.get('owner')?.headers ?? {};
    // What a browser keeps counts for no door that programs come by.
    for (const headers of [{}, owner, access.expired.headers, bearer(access.revoked)]) {
      const { status } = await http.ask(path.replace('{name}', 'any'), { ...asked, headers });
      expect(status).toBe(401);
    }
  });
});

const keys = new Map<string, Promise<string>>();
/** One of each kind is enough for all doors. */
function keyWith(body: { role?: Role; scopes?: readonly Scope[] }): Promise<string> {
  const kind = JSON.stringify(body);
  const key = keys.get(kind) ?? access.makeKey(body).then((made) => made.key);
  keys.set(kind, key);
  return key;
}

type Knock = (headers: Record<string, string>) => Promise<HttpAnswer>;

/** Whom a door, whichever it is, lets in, in the words of the table. */
async function whoGetsIn(row: AccessRow, knock: Knock, by: 'session' | 'key' = 'session') {
  const letsIn = async (headers: Record<string, string>) => isIn(await knock(headers));
  const needed = row.scopes ?? [];
  const others = SCOPES.filter((scope) => !needed.includes(scope));
  let roles = '';
  for (const role of ROLES) {
    // What is no JSON a browser's session cannot send: a program with that role does.
    const headers = by === 'key' ? bearer(await keyWith({ role })) : (access.people.get(role)?.headers ?? {});
    roles += (await letsIn(headers)) ? 'y' : 'n';
  }
  return {
    roles,
    fitting: needed.length === 0 || (await letsIn(bearer(await keyWith({ scopes: needed })))),
    others: await letsIn(bearer(await keyWith({ scopes: others }))),
    whole: row.person === true && (await letsIn(bearer(await keyWith({})))),
    agent: await letsIn(bearer(access.agentToken)),
  };
}

const expectedOf = (row: AccessRow) => ({
  ...{ roles: row.roles, fitting: true, others: row.scopes?.length === 0 },
  ...{ whole: false, agent: row.agent === true },
});

const answersToNobody = async (knock: Knock): Promise<number[]> => {
  const answers = [await knock({}), await knock(access.expired.headers), await knock(bearer(access.revoked))];
  return answers.map(({ status }) => status);
};

/** By the name of their route. What is no JSON is none. */
const procedures = new Map(
  listOperations()
    .filter(({ operation }) => !('answer' in operation))
    .map(({ name, operation }) => [`${operation.method} ${operation.path}`, name]),
);

const asProcedure = (name: string): Knock => {
  const procedure = { name: procedures.get(name) ?? '', method: name.split(' ')[0] ?? '' };
  const { path, asked } = procedureFor(procedure, exampleOf(name));
  return (headers) => askWith(http, headers)(path, asked);
};

describe.each(rows)('%s', (name, row) => {
  test('lets no stranger in, no ended session and no revoked key, or anybody', async () => {
    const statuses = await answersToNobody(knockAs(name));
    // Signing in answers 401 for a wrong password too.
    if (row.open) for (const status of statuses) expect(status).not.toBe(403);
    else expect(statuses).toEqual([401, 401, 401]);
  });

  if (row.open) return;
  test('lets in whom the table names: roles, keys by scopes, agents', async () => {
    const by = isUpload(name) ? 'key' : 'session';
    const isEnd = name === 'POST /api/v1/auth/sign-out';
    // Whoever has signed out is nobody to the door that is asked next.
    if (procedures.has(name) && !isEnd)
      expect(await whoGetsIn(row, asProcedure(name))).toEqual(expectedOf(row));
    expect(await whoGetsIn(row, knockAs(name), by)).toEqual(expectedOf(row));
  });

  if (!procedures.has(name)) return;
  test('is as closed to strangers as a procedure', async () => {
    expect(await answersToNobody(asProcedure(name))).toEqual([401, 401, 401]);
  });
});

describe('another organisation', () => describeAnotherOrg(() => ({ http, access, world })));

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
