import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toUuid } from '#server/domain/ids.ts';
import { referenceTo } from '#server/domain/secret-references.ts';
import { until } from '#server/testing/faults/until.ts';
import { ASKING_PROGRAMS, type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream, text, tool } from '#server/testing/mcp-upstream.ts';
import { type Browser, joinAs, signInByLink } from '#server/testing/people.ts';
import { startReceiver } from '#server/testing/receiver.ts';

const KEYS = { SIGNALBOX_SECRET_KEYS: `all:${randomBytes(32).toString('base64')}` };
const ref = referenceTo;

let rig: McpRig;
let owner: Browser;
let upstream: TestUpstream;
let count = 0;
beforeAll(async () => {
  rig = await startMcpRig({ ...KEYS, SIGNALBOX_MCP_PROGRAMS: ASKING_PROGRAMS });
  owner = await signInByLink(rig.http, () => rig.http.program.services.identity.links.issueOwnerLink());
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => upstream?.[Symbol.asyncDispose]());

const secretAt = (name: string) => `/api/v1/secrets/${encodeURIComponent(name)}`;

async function store(name: string, value: string): Promise<void> {
  const { status, body } = await rig.http.call(secretAt(name), { value }, { method: 'PUT' });
  expect(status, JSON.stringify(body)).toBe(200);
}

const remove = (name: string) => rig.http.call(secretAt(name), undefined, { method: 'DELETE' });

/** A secret of the test's own. */
async function stored(value: string): Promise<string> {
  const name = `KEY_${++count}`;
  await store(name, value);
  return name;
}

async function setUp(headers: object, tools = [echoTool('ask')]): Promise<{ id: string; slug: string }> {
  upstream = await startUpstream(tools);
  const slug = `up-${++count}`;
  return { id: await rig.join({ slug, url: upstream.url, headers }), slug };
}

/** The headers that a call comes with. */
async function sentBy(slug: string, from: McpRig = rig) {
  const { status, body } = await from.call(`${slug}__ask`, { question: 'Why?' });
  expect(status, JSON.stringify(body)).toBe(200);
  return upstream.requests.at(-1)?.headers ?? {};
}

const change = (id: string, headers: object) => rig.try(`/connections/${id}`, { headers }, 'PATCH');

describe('a header that names stored secrets', () => {
  test('is sent with their values, and nobody is shown more than their names', async () => {
    const [user, key] = [await stored('ada-of-the-wiki'), await stored('tok-of-the-wiki')];
    const shown = tool('show', () => text('I was sent k=tok-of-the-wiki; by ada-of-the-wiki.'));
    const headers = { authorization: `Bearer ${ref(key)}`, 'x-both': `u=${ref(user)};k=${ref(key)};` };
    const { id, slug } = await setUp(headers, [echoTool('ask'), shown]);
    expect(await sentBy(slug)).toMatchObject({
      authorization: 'Bearer tok-of-the-wiki',
      'x-both': 'u=ada-of-the-wiki;k=tok-of-the-wiki;',
    });
    const found = await rig.ask(`/connections/${id}`);
    expect(found).toMatchObject({ sealed_names: ['authorization', 'x-both'] });
    expect(found.secret_names).toEqual([user, key].sort());
    const { body } = await rig.http.call('/api/v1/secrets?limit=200');
    expect(body.secrets.find(({ name }: { name: string }) => name === key).used_by).toEqual([slug]);
    const said = await rig.call(`${slug}__show`);
    expect(said.body.result.content[0].text).toBe('I was sent k=…; by ….');
    const { body: audit } = await rig.http.call('/api/v1/audit?limit=200');
    expect(JSON.stringify(audit)).toContain(key);
    expect(JSON.stringify([found, await rig.ask('/connections'), body, audit])).not.toContain('of-the-wiki');
  });

  test('goes on with the new value once one is stored, in every process', async () => {
    const key = await stored('tok-of-before');
    const { slug } = await setUp({ 'x-key': ref(key) });
    await using other = await startMcpRig({ ...KEYS, DATABASE_URL: rig.http.program.database.url });
    for (const each of [rig, other]) expect((await sentBy(slug, each))['x-key']).toBe('tok-of-before');
    await store(key, 'tok-of-now');
    const since = upstream.requests.length;
    expect((await sentBy(slug))['x-key']).toBe('tok-of-now');
    expect(JSON.stringify(upstream.requests.slice(since))).not.toContain('tok-of-before');
    await until('the other process has it too', async () => {
      const sent = await sentBy(slug, other);
      return sent['x-key'] === 'tok-of-now' ? sent : null;
    });
  });

  test('keeps its secret from being deleted, for as long as it is there', async () => {
    const key = await stored('tok-in-use');
    const { id, slug } = await setUp({ 'x-key': ref(key) });
    expect(await remove(key)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`The secret ${key} is used by the MCP connection ${slug}.`) },
    });
    expect((await sentBy(slug))['x-key']).toBe('tok-in-use');
    expect((await change(id, { 'x-key': 'written out' })).status).toBe(200);
    expect((await rig.ask(`/connections/${id}`)).secret_names).toEqual([]);
    expect((await remove(key)).status).toBe(204);
  });

  test('and its deletion at the same moment leave both there, or neither', async () => {
    upstream = await startUpstream();
    for (let round = 0; round < 8; round += 1) {
      const key = await stored('tok-at-the-same-moment');
      const asked = { slug: `race-${key.slice(4)}`, url: upstream.url, headers: { 'x-key': ref(key) } };
      const [connected, removed] = await Promise.all([rig.try('/connect', asked), remove(key)]);
      expect([
        [201, 409],
        [400, 204],
      ]).toContainEqual([connected.status, removed.status]);
    }
  });

  test('whose secret is not there says so, and no request goes out without it', async () => {
    const key = await stored('tok-to-be-lost');
    const { id, slug } = await setUp({ 'x-key': `Key ${ref(key)}` });
    // As after a copy of the database from before it was stored. The session of before is over too.
    await rig.ask(`/connections/${id}`, { url: `${upstream.url}?anew` }, 'PATCH');
    await rig.http.program.database.sql`DELETE FROM secrets WHERE name = ${key}`;
    const since = upstream.requests.length;
    const tested = await rig.ask(`/connections/${id}/test`, {});
    const problem = expect.stringContaining(`The secret ${key}, which ${slug} uses, is not there any more.`);
    expect(tested).toMatchObject({ status: 'unreachable', problem });
    expect((await rig.ask(`/connections/${id}`)).health).toMatchObject({ ok: false, problem });
    expect(await rig.call(`${slug}__ask`, { question: 'Why?' })).toMatchObject({
      status: 503,
      body: { detail: problem },
    });
    expect(upstream.requests.slice(since)).toEqual([]);
    await store(key, 'tok-found-again');
    await rig.ask(`/connections/${id}/test`, {});
    expect((await sentBy(slug))['x-key']).toBe('Key tok-found-again');
  });

  test('is not sent with a secret of several lines, which would be headers of their own', async () => {
    const key = await stored('tok-of-one-line');
    const { id, slug } = await setUp({ 'x-key': ref(key) });
    await store(key, 'tok-of-one-line\r\nx-other: header');
    const since = upstream.requests.length;
    const { problem } = await rig.ask(`/connections/${id}/test`, {});
    expect(problem).toContain(`What the secret ${key} of ${slug} holds cannot be sent in the header x-key`);
    expect(problem).not.toContain('tok-of-one-line');
    expect(upstream.requests.slice(since)).toEqual([]);
  });

  test('is text, where it was sealed before secrets could be named', async () => {
    const key = await stored('tok-of-others');
    const { id, slug } = await setUp({ 'x-key': ref(key) });
    await rig.http.program.database
      .sql`UPDATE mcp_connections SET secret_names = '{}', version = version + 1 WHERE id = ${toUuid(id as never)}`;
    await rig.http.program.services.gateway.changed(rig.http.program.actor.orgId);
    expect((await sentBy(slug))['x-key']).toBe(ref(key));
  });
});

test('a variable of a program may name one, and an import keeps what a file names', async () => {
  const key = await stored('key-of-the-shop');
  await using shop = await startReceiver((response) => response.end('[]'));
  await rig.join({
    ...{ slug: 'shop', program: 'postgrest', variables: { SHOP_KEY: ref(key) } },
    args: ['--apiUrl', shop.url, '--schema', 'shop', '--apiKey', '{SHOP_KEY}'],
  });
  const { body } = await rig.call('shop__postgrestRequest', { method: 'GET', path: '/books' });
  expect(body.is_error, JSON.stringify(body)).toBe(false);
  expect(shop.received.at(-1)?.headers.authorization).toBe('Bearer key-of-the-shop');

  upstream = await startUpstream();
  const file = (name: string) =>
    `servers: { imported: { url: "${upstream.url}", headers: { x-key: "${ref(name)}" } } }`;
  for (const preview of [true, false]) {
    const { servers } = await rig.ask('/import', { text: file('NOT_THERE'), preview });
    expect(servers[0].problem).toContain('There is no secret NOT_THERE');
  }
  const { servers } = await rig.ask('/import', { text: file(key) });
  expect(servers[0]).toMatchObject({ problem: null, connected: { status: 'connected' } });
  expect(upstream.requests.at(-1)?.headers['x-key']).toBe('key-of-the-shop');
});

describe('a reference is refused, and nothing is changed by it,', () => {
  test.each([
    ['to a secret that is not there', ref('NOT_THERE'), 'There is no secret NOT_THERE'],
    ['to one that signs notifications', ref('notification/default/1'), 'would be one of them'],
    ['to one of a connection', ref(`mcp/${'0'.repeat(32)}/authorization`), 'would be one of them'],
    ['that has no name', ref(''), `In x-key, ${ref('')} begins like a reference`],
    ['that does not end', `${ref('A').slice(0, -1)}`, 'begins like a reference'],
  ])('%s', async (_, reference, why) => {
    const { id, slug } = await setUp({ 'x-key': 'tok-that-stays' });
    const refusal = { status: 400, body: { detail: expect.stringContaining(why) } };
    const headers = { 'x-key': `Bearer ${reference}` };
    expect(await change(id, headers)).toMatchObject(refusal);
    const asked = { slug: `${slug}-new`, url: upstream.url, headers };
    expect(await rig.try('/connect', asked)).toMatchObject(refusal);
    expect((await sentBy(slug))['x-key']).toBe('tok-that-stays');
    expect(JSON.stringify(await rig.ask('/connections?limit=200'))).not.toContain(`${slug}-new`);
  });

  test('in the secret of a client, which would be sent as it is', async () => {
    const client = { mode: 'shared', client_id: 'us', client_secret: ref(await stored('tok-of-a-client')) };
    const asked = { slug: 'client-of-ours', url: 'https://mcp.example.com/mcp', sign_in: client };
    expect(await rig.try('/connect', asked)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('names no stored secret') },
    });
    expect(JSON.stringify(await rig.ask('/connections?limit=200'))).not.toContain('client-of-ours');
  });

  test('from somebody who may not manage secrets: else they would have it sent to a server of theirs', async () => {
    const key = await stored('tok-of-everybody');
    upstream = await startUpstream();
    const ada = await joinAs(rig.http, owner, 'designer');
    const connect = (slug: string, headers: object) =>
      ada.ask('/api/v1/mcp/connect', { body: { slug, url: upstream.url, personal: true, headers } });
    const refusal = { status: 403, body: { detail: expect.stringContaining('secret.manage') } };
    expect(await connect('adas-trap', { 'x-key': ref(key) })).toMatchObject(refusal);
    // What is there and what is not is not hers to find out either.
    expect(await connect('adas-trap', { 'x-key': ref('NOT_THERE') })).toMatchObject(refusal);
    const { body } = await connect('adas-own', { 'x-key': 'tok-of-ada' });
    const own = `/api/v1/mcp/connections/${body.connection_id}`;
    const given = { headers: { 'x-key': ref(key) } };
    expect(await ada.ask(own, { method: 'PATCH', body: given })).toMatchObject(refusal);
    expect(JSON.stringify(upstream.requests)).not.toContain('tok-of-everybody');

    // She may for a while: what she has connected meanwhile stays where it leads.
    const become = (role: string) =>
      owner.ask(`/api/v1/members/${ada.id}`, { method: 'PATCH', body: { role } });
    expect((await become('admin')).status).toBe(200);
    expect((await ada.ask(own, { method: 'PATCH', body: given })).status).toBe(200);
    expect((await become('designer')).status).toBe(200);
    const moved = { url: `${upstream.url}?and=shown` };
    expect(await ada.ask(own, { method: 'PATCH', body: moved })).toMatchObject(refusal);
  });

  test('to a secret of another organisation', async () => {
    const key = await stored('tok-of-the-first');
    upstream = await startUpstream();
    const eve = await joinAs(rig.http, owner, 'owner');
    const { id } = (await eve.ask('/api/v1/orgs', { body: { name: 'Elsewhere' } })).body;
    await eve.ask(`/api/v1/me/orgs/${id}/enter`, { method: 'POST', body: {} });
    const connect = () =>
      eve.ask('/api/v1/mcp/connect', {
        body: { slug: 'theirs', url: upstream.url, headers: { 'x-key': ref(key) } },
      });
    expect(await connect()).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining(`There is no secret ${key}`) },
    });
    // One of the same name is theirs alone, and is used in neither organisation but theirs.
    await eve.ask(secretAt(key), { method: 'PUT', body: { value: 'tok-of-the-other' } });
    expect((await connect()).body.status).toBe('connected');
    expect(upstream.requests.at(-1)?.headers['x-key']).toBe('tok-of-the-other');
    expect((await remove(key)).status).toBe(204);
    expect((await eve.ask(secretAt(key), { method: 'DELETE' })).status).toBe(409);
    expect(JSON.stringify(upstream.requests)).not.toContain('tok-of-the-first');
  });
});
