import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
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
const question = { question: 'Why?' };

describe('a call that people are asked about', () => {
  test('nobody grants what their key asks for, and no program grants anything; whoever is alone may, and it is noted', async () => {
    const { id, slug } = await setUp();
    await rig.ask('/rules', { effect: 'ask', who: { kind: 'everybody' }, connection_id: id });
    const ada = await joinAs(rig.http, owner, 'owner');
    const { key } = (await ada.ask('/api/v1/keys', { body: { name: 'a-model', role: 'owner' } })).body;
    const program = {
      ask: (path: string, body: object) =>
        rig.http.ask(path, { body, headers: { authorization: `Bearer ${key}` } }),
    };
    const call = () => program.ask('/api/v1/mcp/call', { tool: `${slug}__ask`, arguments: question });
    const openOne = async () => {
      expect((await call()).status).toBe(403);
      const { approvals } = await rig.ask(`/approvals?state=asked&connection_id=${id}`);
      return `/api/v1/mcp/approvals/${approvals[0].id}/decide`;
    };
    const path = await openOne();
    const grant = { granted: true };
    const offered = async (ask: Browser['ask']) =>
      (await ask(`/api/v1/mcp/approvals?state=asked&connection_id=${id}`)).body.approvals[0].may_grant;
    const askAsProgram = (of: string) => rig.http.ask(of, { headers: { authorization: `Bearer ${key}` } });
    // It is offered to whom it is granted, and to nobody else.
    expect([await offered(owner.ask), await offered(ada.ask), await offered(askAsProgram)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await program.ask(path, grant)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('is a program') },
    });
    const bobs = (await owner.ask('/api/v1/keys', { body: { name: 'another', role: 'owner' } })).body.key;
    const withBobs = { body: grant, headers: { authorization: `Bearer ${bobs}` } };
    expect((await rig.http.ask(path, withBobs)).status).toBe(403);
    expect(await ada.ask(path, { body: grant })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('is your own') },
    });
    expect((await owner.ask(path, { body: grant })).status).toBe(200);
    expect((await call()).status).toBe(200);
    // To keep a call from happening nobody has to be a person.
    expect((await program.ask(await openOne(), { granted: false })).status).toBe(200);

    // In an organisation of her own there is nobody else to ask.
    const { id: org } = (await ada.ask('/api/v1/orgs', { body: { name: 'Alone' } })).body;
    await ada.ask(`/api/v1/me/orgs/${org}/enter`, { method: 'POST', body: {} });
    const api = (what: string, body?: object) => ada.ask(`/api/v1/mcp${what}`, body ? { body } : {});
    const mine = (await api('/connect', { slug: 'alone', url: upstream.url })).body.connection_id;
    const { tools } = (await api(`/connections/${mine}/tools`)).body;
    const wanted = tools.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash }));
    await api(`/connections/${mine}/tools/approve`, { tools: wanted });
    await api('/rules', { effect: 'ask', who: { kind: 'everybody' } });
    const asking = { tool: 'alone__ask', arguments: question };
    expect((await api('/call', asking)).status).toBe(403);
    const [asked] = (await api('/approvals?state=asked')).body.approvals;
    expect(asked.may_grant).toBe(true);
    expect((await api(`/approvals/${asked.id}/decide`, grant)).status).toBe(200);
    expect((await api('/call', asking)).status).toBe(200);
    const { entries } = (await ada.ask('/api/v1/audit?action=mcp-call.granted')).body;
    expect(entries[0]).toMatchObject({ target: asked.id, after: { own: true } });
  });

  test('is shown with what it asks to who decides and who makes it, and one of a connection of somebody’s own to nobody beside', async () => {
    const { id, slug } = await setUp();
    await rig.ask('/rules', { effect: 'ask', who: { kind: 'everybody' }, connection_id: id });
    const [ada, eve, bob] = [
      await joinAs(rig.http, owner, 'designer'),
      await joinAs(rig.http, owner, 'viewer'),
      await joinAs(rig.http, owner, 'operator'),
    ];
    const call = (tool: string) => ada.ask('/api/v1/mcp/call', { body: { tool, arguments: question } });
    expect((await call(`${slug}__ask`)).status).toBe(403);
    const listed = async (who: Browser, of: string) =>
      (await who.ask(`/api/v1/mcp/approvals?connection_id=${of}`)).body.approvals;
    const argumentsFor = async (who: Browser) => (await listed(who, id))[0].arguments;
    expect([await argumentsFor(ada), await argumentsFor(bob), await argumentsFor(owner)]).toEqual(
      Array(3).fill(question),
    );
    expect(await argumentsFor(eve)).toBeNull();

    const body = { slug: `${slug}-own`, url: upstream.url, personal: true };
    const own = (await ada.ask('/api/v1/mcp/connect', { body })).body.connection_id;
    await rig.approveAll(own);
    await rig.ask('/rules', { effect: 'ask', who: { kind: 'everybody' }, connection_id: own });
    expect((await call(`${slug}-own__ask`)).status).toBe(403);
    const [mine] = await listed(ada, own);
    expect((await listed(owner, own)).map((each: { id: string }) => each.id)).toEqual([mine.id]);
    for (const who of [eve, bob]) expect(await listed(who, own)).toEqual([]);
    const decide = `/api/v1/mcp/approvals/${mine.id}/decide`;
    expect((await bob.ask(decide, { body: { granted: true } })).status).toBe(404);
    expect((await owner.ask(decide, { body: { granted: true } })).status).toBe(200);
  });

  test('is not used up by a call of which nothing was sent', async () => {
    const { id, slug } = await setUp([echoTool('ask'), echoTool('other')]);
    await rig.ask('/rules', { effect: 'ask', who: { kind: 'everybody' }, connection_id: id, tool: 'ask' });
    const ada = await joinAs(rig.http, owner, 'operator');
    const call = () => ada.ask('/api/v1/mcp/call', { body: { tool: `${slug}__ask`, arguments: question } });
    expect((await call()).status).toBe(403);
    const [asked] = (await rig.ask(`/approvals?state=asked&connection_id=${id}`)).approvals;
    await rig.ask(`/approvals/${asked.id}/decide`, { granted: true });
    const granted = async () =>
      (await rig.ask(`/approvals?state=granted&connection_id=${id}`)).approvals.length;

    await upstream.close();
    expect((await call()).status).toBe(503);
    expect(await granted()).toBe(1);
    for (let number = 0; number < 6; number += 1) await rig.call(`${slug}__other`, question);
    expect(await call()).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('left alone for a moment') },
    });
    expect(await granted()).toBe(1);

    await upstream.reopen();
    await until(
      'the server is called again',
      async () => (await rig.ask(`/connections/${id}`)).breaker.state === 'closed',
    );
    expect((await call()).status).toBe(200);
    expect(await granted()).toBe(0);
    expect((await call()).status).toBe(403);
  });
});
