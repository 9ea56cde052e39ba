import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { type Browser, joinAs, signInByLink } from '#server/testing/people.ts';

let rig: McpRig;
let owner: Browser;
let upstream: TestUpstream;
let count = 0;
beforeAll(async () => {
  rig = await startMcpRig();
  owner = await signInByLink(rig.http, () => rig.http.program.services.identity.links.issueOwnerLink());
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => upstream[Symbol.asyncDispose]());

async function setUp(tools = [echoTool('ask')], more: object = {}): Promise<{ id: string; slug: string }> {
  upstream = await startUpstream(tools);
  const slug = `up-${++count}`;
  return { id: await rig.join({ slug, url: upstream.url, ...more }), slug };
}

describe('credentials', () => {
  test('never follow a connection to another server: who moves it brings those for the new one, or none', async () => {
    const secret = 'tok-of-the-first';
    const { id } = await setUp([echoTool('ask')], { headers: { 'x-key': secret } });
    await using thief = await startUpstream([echoTool('ask')]);
    const move = (body: object) => rig.try(`/connections/${id}`, body, 'PATCH');
    expect(await move({ url: thief.url })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('may go to the server of before alone') },
    });
    // Another path of the same server is no other server.
    expect((await move({ url: `${upstream.url}?of=it` })).status).toBe(200);
    expect((await move({ url: thief.url, headers: { 'x-key': 'tok-of-the-second' } })).status).toBe(200);
    await rig.ask(`/connections/${id}/test`, {});
    expect(thief.requests.at(-1)?.headers['x-key']).toBe('tok-of-the-second');
    expect((await move({ url: upstream.url, headers: {} })).status).toBe(200);
    expect((await rig.ask(`/connections/${id}`)).sealed_names).toEqual([]);
    expect(JSON.stringify(thief.requests)).not.toContain(secret);
  });

  test('of a person stay where they have sent them: nobody else says where their own connection leads', async () => {
    upstream = await startUpstream();
    await using thief = await startUpstream();
    const ada = await joinAs(rig.http, owner, 'operator');
    const connect = {
      slug: 'adas-own',
      url: upstream.url,
      personal: true,
      headers: { 'x-key': 'tok-of-ada' },
    };
    const id = (await ada.ask('/api/v1/mcp/connect', { body: connect })).body.connection_id;
    const move = (who: Browser, body: object) =>
      who.ask(`/api/v1/mcp/connections/${id}`, { method: 'PATCH', body });
    for (const headers of [{}, { headers: { 'x-key': 'mine' } }])
      expect((await move(owner, { url: thief.url, ...headers })).status).toBe(403);
    expect((await move(owner, { enabled: false })).status).toBe(200);
    expect((await move(ada, { url: thief.url, headers: {}, enabled: true })).status).toBe(200);
    expect(JSON.stringify(thief.requests)).not.toContain('tok-of-ada');
  });
});
