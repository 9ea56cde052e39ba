import { listOperations } from '#server/api/operations/index.ts';
import { tools } from '#server/api/tools/index.ts';
import { toUuid } from '#server/domain/ids.ts';
import { ROLES, type Role } from '#server/identity/permissions.ts';
import type { ExampleWorld } from './example-world.ts';
import type { Asked, HttpAnswer, TestServer } from './http.ts';
import { type Browser, joinAs, type Member, signInByLink } from './people.ts';
import { requestOf } from './request-of.ts';

/** One of each kind that may come to a door of one installation. */
export interface AccessWorld {
  people: ReadonlyMap<Role, Browser>;
  /** Owns another organisation, and is in no other. */
  stranger: Browser;
  /** A program of theirs. */
  strangerKey: string;
  /** Owns our organisation too, and is in that other one at the moment. */
  twin: Member;
  /** An owner whose session is over. */
  expired: Browser;
  /** An owner's key that was taken away. */
  revoked: string;
  agentToken: string;
  makeKey(body: object): Promise<{ id: string; key: string }>;
}

/** What looks on from another organisation, and what there is to be seen. */
export interface AnotherOrg {
  http: TestServer;
  access: AccessWorld;
  world: ExampleWorld;
}

/** As ids are written: by their kind, bare, or as a hash. */
export const ID =
  /([a-z]+_)?([0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{16}\b)(_\d+)?/g;

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

export async function createAccessWorld(http: TestServer): Promise<AccessWorld> {
  const owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
  const people = new Map<Role, Browser>();
  for (const role of ROLES) people.set(role, await joinAs(http, owner, role));
  const twin = await joinAs(http, owner, 'owner');
  const { id } = (await twin.ask('/api/v1/orgs', { body: { name: 'Elsewhere' } })).body;
  await twin.ask(`/api/v1/me/orgs/${id}/enter`, { method: 'POST', body: {} });
  const stranger = await joinAs(http, twin, 'owner');
  const strangerKey = (await stranger.ask('/api/v1/keys', { body: { name: 'k', role: 'owner' } })).body.key;
  const expired = await joinAs(http, owner, 'owner');
  await http.program.database.sql`UPDATE sessions SET expires_at = now() - interval '1 second'
    WHERE user_id = ${toUuid(expired.id)}::text::uuid`;
  const makeKey = async (body: object) =>
    (await http.call('/api/v1/keys', { name: 'k', role: 'owner', ...body })).body;
  const gone = await makeKey({});
  await http.call(`/api/v1/keys/${gone.id}`, undefined, { method: 'DELETE' });
  const agentToken = (await http.call('/api/v1/agent-tokens', { agent: 'agent-name' })).body.token;
  return { people, stranger, strangerKey, twin, expired, revoked: gone.key, agentToken, makeKey };
}

/** By method and path, as the table of access names them. */
export const operations = new Map(
  listOperations().map(({ operation }) => [`${operation.method} ${operation.path}`, operation]),
);
const toolExamples = new Map(tools.map(({ name, example }) => [`POST /tools/${name}`, example]));

export const isUpload = (name: string): boolean => 'uploads' in (operations.get(name) ?? {});

export const exampleOf = (name: string): Record<string, unknown> =>
  (toolExamples.get(name) ?? operations.get(name)?.example ?? {}) as Record<string, unknown>;

/** With the example as it stands its ids are well-formed and name nothing, so whoever gets in finds nothing. */
export function requestFor(name: string, input = exampleOf(name)): { path: string; asked: Asked } {
  const operation = operations.get(name);
  const [method = '', path = ''] = name.split(' ');
  if (toolExamples.has(name)) return { path, asked: { method, body: input } };
  if (!operation)
    return { path: path.replace('{id}', 'none'), asked: method === 'POST' ? { method, body: {} } : {} };
  const { target, headers, body } = requestOf(operation, input);
  return { path: target, asked: { method, headers, ...(body ? { body } : {}) } };
}

/** An operation as a procedure. */
export function procedureFor(
  { name, method }: { name: string; method: string },
  input: object,
): { path: string; asked: Asked } {
  const path = `/api/trpc/${name}`;
  return method === 'GET'
    ? { path: `${path}?input=${encodeURIComponent(JSON.stringify(input))}`, asked: {} }
    : { path, asked: { body: input } };
}

export type Ask = (path: string, asked?: Asked) => Promise<HttpAnswer>;

export const askWith =
  (http: Pick<TestServer, 'ask'>, headers: Record<string, string>): Ask =>
  (path, asked = {}) =>
    http.ask(path, { ...asked, headers: { ...asked.headers, ...headers } });
