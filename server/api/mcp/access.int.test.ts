import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES, type Role, SCOPES, type Scope } from '#server/identity/permissions.ts';
import { ACCESS } from '#server/testing/access-table.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp, outcomeOf } from '#server/testing/mcp/ask-mcp.ts';
import { joinAs, signInByLink } from '#server/testing/people.ts';
import { prompts } from '../prompts/index.ts';
import { resources } from '../resources/index.ts';
import { writeUri } from '../resources/uri.ts';
import { tools } from '../tools/index.ts';

let http: TestServer;
const byRole = new Map<Role, Record<string, string>>();
let agentToken: Record<string, string>;

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const makeKey = async (body: object) =>
  bearer((await http.call('/api/v1/keys', { name: 'k', role: 'owner', ...body })).body.key);

beforeAll(async () => {
  http = await startTestServer();
  for (const role of ROLES) byRole.set(role, await makeKey({ role }));
  agentToken = bearer((await http.call('/api/v1/agent-tokens', { agent: 'agent-name' })).body.token);
});
afterAll(() => http[Symbol.asyncDispose]());

const call = (name: string, headers: Record<string, string>) => {
  const example = tools.find((tool) => tool.name === name)?.example;
  return askMcp(http, { method: 'tools/call', params: { name, arguments: example }, headers });
};
/** Past the door: whatever is wrong then is about the request. */
async function isIn(name: string, headers: Record<string, string>): Promise<boolean> {
  const { code, value } = outcomeOf(await call(name, headers));
  expect(
    [200, 403, 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'STALE_EPOCH', undefined],
    JSON.stringify(value),
  ).toContain(code);
  return code !== 403 && code !== 'FORBIDDEN';
}
const listed = async (headers: Record<string, string>): Promise<string[]> =>
  (await askMcp(http, { method: 'tools/list', headers })).body.result.tools.map(
    ({ name }: { name: string }) => name,
  );

describe.each(tools)('the tool $name', ({ name, needs }) => {
  const row = () => {
    const found = ACCESS[`POST /tools/${name}`];
    if (!found) throw new Error(`${name} has no row in the access table`);
    return found;
  };

  test('lets in whom the table names, by role, and is listed for them alone', async () => {
    for (const [at, role] of ROLES.entries()) {
      const headers = byRole.get(role) ?? {};
      const isAllowed = row().roles.charAt(at) === 'y';
      expect([role, await isIn(name, headers)]).toEqual([role, isAllowed]);
      expect([role, (await listed(headers)).includes(name)]).toEqual([role, isAllowed]);
    }
  });

  test("lets an agent's token in where it may", async () => {
    expect(await isIn(name, agentToken)).toBe(row().agent === true);
    expect((await listed(agentToken)).includes(name)).toBe(row().agent === true);
  });

  test('tells a key which scopes it lacks, and those let it in', async () => {
    const needed = row().scopes ?? [];
    const headers = await makeKey({ scopes: SCOPES.filter((scope) => !needed.includes(scope)) });
    const answer = await call(name, headers);
    if (needed.length === 0) {
      // No scope gives it, so there is none to ask for.
      expect(outcomeOf(answer).code).toBe('FORBIDDEN');
      return;
    }
    expect(answer.status).toBe(403);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain(
      `resource_metadata="${http.origin}/.well-known/oauth-protected-resource/mcp"`,
    );
    const [, wanted = ''] = /scope="([^"]*)"/.exec(challenge) ?? [];
    expect(needs.length).toBeGreaterThan(0);
    expect(await isIn(name, await makeKey({ scopes: wanted.split(' ') as Scope[] }))).toBe(true);
    expect((await listed(headers)).includes(name)).toBe(false);
  });
});

/** The tool that answers what a resource does. */
const TWINS: Readonly<Record<string, string>> = {
  'agent-status': 'agent_status',
  'task-state': 'task_status',
  'task-logs': 'task_logs',
  'task-files': 'file_list',
  'workspace-file': 'file_read',
  collaboration: 'file_list',
};

test.each(resources)(
  'the resource $template is read by those whose tool twin answers them',
  async ({ template, example, name, needs }) => {
    const twin = TWINS[name];
    for (const [at, role] of ROLES.entries()) {
      const uri = writeUri(template, example);
      const { status, body } = await askMcp(http, {
        method: 'resources/read',
        params: { uri },
        headers: byRole.get(role) ?? {},
      });
      const row = ACCESS[`POST /tools/${twin}`];
      if (!row) throw new Error(`the resource ${name} has no tool twin`);
      const isAllowed = row.roles.charAt(at) === 'y';
      expect(status, JSON.stringify(body)).toBeLessThan(500);
      // What is not there is told to those alone who may look.
      expect([role, body.error?.data?.uri === uri]).toEqual([role, isAllowed]);
    }
    const refused = await askMcp(http, {
      method: 'resources/read',
      params: { uri: writeUri(template, example) },
      headers: await makeKey({ scopes: ['audit:read'] }),
    });
    expect([needs.length > 0, refused.status]).toEqual([true, 403]);
  },
);

test.each(prompts)(
  'the prompt $name is for those who may do what it asks for',
  async ({ name, example, needs }) => {
    const refused = await askMcp(http, {
      method: 'prompts/get',
      params: { name, arguments: example },
      headers: await makeKey({ role: 'viewer', scopes: ['audit:read'] }),
    });
    const { prompts: shown } = (
      await askMcp(http, {
        method: 'prompts/list',
        headers: await makeKey({ role: 'viewer', scopes: ['audit:read'] }),
      })
    ).body.result;
    expect(shown).toEqual([]);
    if (needs[0] !== 'agent.visit') expect(refused.status).toBe(403);
  },
);

describe('whoever shows nothing that counts', () => {
  test('is told where a token is to be had, and gets in nowhere', async () => {
    for (const headers of [{}, bearer('x'), { authorization: 'Basic eDp5' }] as Record<string, string>[]) {
      const answer = await askMcp(http, { method: 'tools/list', headers });
      expect(answer.status).toBe(401);
      const challenge = answer.headers.get('www-authenticate') ?? '';
      expect(challenge).toContain('resource_metadata="');
      expect(challenge.includes('invalid_token')).toBe(headers.authorization === 'Bearer x');
    }
  });

  test('reads the metadata that the answer names', async () => {
    const { headers } = await askMcp(http, { method: 'tools/list', headers: {} });
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
    const answer = await http.ask(url.replace(http.origin, ''));
    expect(answer).toMatchObject({
      status: 200,
      body: {
        resource: `${http.origin}/mcp`,
        authorization_servers: [http.origin],
        scopes_supported: [...SCOPES],
        bearer_methods_supported: ['header'],
      },
    });
  });

  test("is nobody with a browser's session: no page can use it", async () => {
    const owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
    const member = await joinAs(http, owner, 'admin');
    const answer = await askMcp(http, { method: 'tools/list', headers: member.headers });
    expect(answer.status).toBe(401);
  });
});
