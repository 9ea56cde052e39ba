import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALLBACK, newAppClient, register } from '#server/testing/app-client.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp, outcomeOf } from '#server/testing/mcp/ask-mcp.ts';
import { type Browser, joinAs, type Member, signInByLink } from '#server/testing/people.ts';

let http: TestServer;
let owner: Browser;
let ada: Member;

beforeAll(async () => {
  http = await startTestServer();
  owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
  ada = await joinAs(http, owner, 'operator');
});
afterAll(() => http[Symbol.asyncDispose]());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const toolsOf = async (token: string, at: TestServer = http): Promise<number> =>
  (await askMcp(at, { method: 'tools/list', headers: bearer(token) })).status;
const callTool = (token: string, name: string, args: object = {}) =>
  askMcp(http, { method: 'tools/call', params: { name, arguments: args }, headers: bearer(token) });

describe('a program that is let in', () => {
  test('comes with a token that does what its scopes say', async () => {
    const client = await newAppClient(http, ada);
    const { access, scope } = await client.connect();
    expect(scope.split(' ').sort()).toEqual(['pipelines:read', 'runs:read']);
    expect(outcomeOf(await callTool(access, 'pipelines_list')).code).toBeUndefined();
    const { status, headers } = await callTool(access, 'agents_list');
    expect([status, headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('error="insufficient_scope", scope="ops:read"'),
    ]);
  });
});
