import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { type OAuthUpstream, startOAuthUpstream, walkToCallback } from '#server/testing/oauth-upstream.ts';
import { ageTokens } from '#server/testing/old-tokens.ts';
import { type Browser, signInByLink } from '#server/testing/people.ts';
import { type Receiver, startReceiver } from '#server/testing/receiver.ts';

let rig: McpRig;
let owner: Browser;
let upstream: TestUpstream;
/** Would answer whoever came. */
let elsewhere: Receiver;
let count = 0;
beforeAll(async () => {
  rig = await startMcpRig();
  owner = await signInByLink(rig.http, () => rig.http.program.services.identity.links.issueOwnerLink());
});
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(async () => {
  upstream = await startUpstream([echoTool('ask')]);
  elsewhere = await startReceiver((response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(LURE)),
  );
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
});

const LURE = {
  ...{ jsonrpc: '2.0', id: 1, result: { resultType: 'complete', content: [] } },
  ...{ access_token: 'theirs', token_type: 'Bearer', client_id: 'theirs' },
};
const STATUSES = [302, 307, 308];

test.each(STATUSES)(
  'a call that is answered with %i goes nowhere else, and neither does its key',
  async (status) => {
    const slug = `sent-away-${++count}`;
    const headers = { authorization: 'Bearer a-key-of-theirs' };
    await rig.join({ slug, url: upstream.url, headers });
    const question = { tool: `${slug}__ask`, arguments: { question: 'Why?' } };
    expect((await rig.try('/call', question)).status).toBe(200);
    upstream.breakWith((response) => response.writeHead(status, { location: `${elsewhere.url}/mcp` }).end());
    const sent = upstream.requests.length;
    const answer = await rig.try('/call', question);
    expect(answer).toMatchObject({
      status: 503,
      body: { detail: `The server answered with HTTP ${status}.` },
    });
    expect(upstream.requests.length).toBeGreaterThan(sent);
    expect(elsewhere.received).toEqual([]);
  },
);

describe('signing in', () => {
  let there: OAuthUpstream;
  let slug: string;
  let id: string;
  beforeEach(async () => {
    there = await startOAuthUpstream(upstream);
    slug = `signed-away-${++count}`;
    const body = { slug, url: there.url, sign_in: { mode: 'each' } };
    id = (await owner.ask('/api/v1/mcp/connect', { body })).body.connection_id;
  });
  afterEach(() => there[Symbol.asyncDispose]());

  const begin = () => owner.ask(`/api/v1/mcp/connections/${id}/sign-in`, { body: {} });
  async function comeBack(): Promise<string | null> {
    const { pathname, search } = await walkToCallback((await begin()).body.url, rig.http.origin);
    return (await owner.ask(`${pathname}${search}`)).headers.get('location');
  }
  const sendAway = (from: RegExp, status = 307) => {
    there.redirects = { from, to: elsewhere.url, status };
  };

  describe.each(STATUSES)('where the answer is %i', (status) => {
    test.each([
      ['who gives out tokens', /^\/\.well-known\/oauth-protected-resource/],
      ['how they are given out', /^\/\.well-known\/(oauth-authorization-server|openid-configuration)/],
      ['a registration', /^\/reg/],
    ])('asking for %s goes nowhere else', async (_, from) => {
      sendAway(from, status);
      const { status: begun, body } = await begin();
      expect([begun, body]).toMatchObject([409, { detail: expect.stringContaining('can sign in at this') }]);
      expect(elsewhere.received).toEqual([]);
    });

    test('a code is shown to nobody else', async () => {
      sendAway(/^\/token/, status);
      expect(await comeBack()).toBe('/connections?sign_in=failed');
      expect(elsewhere.received).toEqual([]);
    });
  });

  test('what renews a token is shown to nobody else, and the sign-in stands for when it can be renewed again', async () => {
    expect(await comeBack()).toBe(`/connections/${id}`);
    await rig.approveAll(id);
    const holderUuid = toUuid((await owner.ask('/api/v1/me')).body.id);
    await ageTokens([rig.http.program], { connectionId: id, holderUuid });
    sendAway(/^\/token/);
    const call = () =>
      owner.ask('/api/v1/mcp/call', { body: { tool: `${slug}__ask`, arguments: { question: 'Why?' } } });
    expect(await call()).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('could not be renewed now') },
    });
    expect(elsewhere.received).toEqual([]);
    there.redirects = null;
    expect((await call()).status).toBe(200);
  });
});
