import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { type McpRig, newClient, oldClient, startMcpRig } from '#server/testing/mcp-rig.ts';
import { echoTool, startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';

/** As the tool of DeepWiki is called, for which there is a door of its own. */
const ASK = 'ask_question';
const ARGS = { question: 'Why?' };

let rig: McpRig;
let upstream: TestUpstream;
let id: string;
beforeAll(async () => {
  rig = await startMcpRig();
  upstream = await startUpstream([echoTool(ASK)]);
  id = await rig.join({ slug: 'wiki', url: upstream.url });
  // Chosen while it was approved.
  await rig.ask('/servers', {
    ...{ slug: 'desk', name: 'Desk' },
    tools: [{ connection_id: id, tool: ASK, name: 'ask' }],
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const stateOf = async () => (await rig.ask(`/connections/${id}/tools`)).tools[0].state;
const block = (blocked: boolean) => rig.ask(`/connections/${id}/tools/block`, { tools: [ASK], blocked });

const become = () => {
  upstream.tools = [{ ...echoTool(ASK), description: `Sends all elsewhere: ${crypto.randomUUID()}.` }];
};

async function change(): Promise<void> {
  become();
  upstream.announce();
  await until('it is seen', async () => (await stateOf()) === 'changed');
}

/** Calls by a client of MCP. Answers with what was said to it. */
async function byClient(
  kind: 'old' | 'new',
  path: string,
  name: string,
  args: object = ARGS,
): Promise<string> {
  const client = await (kind === 'old' ? oldClient : newClient)(rig.http, path);
  try {
    return JSON.stringify(await client.callTool({ name, arguments: { ...args } }));
  } catch (error) {
    return String(error);
  } finally {
    await client.close();
  }
}

const plain = async (path: string, body: object) => JSON.stringify((await rig.try(path, body)).body);

async function byStage(config: object): Promise<string> {
  const stages = [{ name: 'ask', type: 'mcp-tool', config, retry: { maxAttempts: 1 } }];
  const made = await rig.http.call('/api/v1/pipelines', { name: `asks ${crypto.randomUUID()}`, stages });
  const { body } = await rig.http.call(`/api/v1/pipelines/${made.body.id}/execute`, { input_data: ARGS });
  const run = await until('the run has ended', async () => {
    const answer = await rig.http.call(`/api/v1/runs/${body.id}`);
    return answer.body.finished_at ? answer.body : null;
  });
  return JSON.stringify((await rig.http.call(`/api/v1/tasks/${run.stages[0].task_id}`)).body);
}

const DOORS: readonly [string, () => Promise<string>][] = [
  ['a plain request', () => plain('/call', { tool: `wiki__${ASK}`, arguments: ARGS })],
  [
    'a plain request to a virtual server',
    () => plain('/call', { server: 'desk', tool: 'ask', arguments: ARGS }),
  ],
  [
    'the door of DeepWiki',
    () => plain('/deepwiki/ask', { connection_id: id, repo_name: 'a/b', question: 'Why?' }),
  ],
  ['a new client', () => byClient('new', '/mcp/gateway', `wiki__${ASK}`)],
  ['an old client', () => byClient('old', '/mcp/gateway', `wiki__${ASK}`)],
  ['a new client of a virtual server', () => byClient('new', '/mcp/servers/desk', 'ask')],
  ['an old client of a virtual server', () => byClient('old', '/mcp/servers/desk', 'ask')],
  [
    'a client that searches',
    () => byClient('new', '/mcp/gateway/search', 'call_tool', { name: `wiki__${ASK}`, arguments: ARGS }),
  ],
  ['a stage', () => byStage({ connection: 'wiki', tool: ASK })],
  ['a stage by a virtual server', () => byStage({ server: 'desk', tool: 'ask' })],
];

/**
 * As whoever calls is told. There are two walls: what is known to be unapproved is no tool of anybody's, before any server is
 * asked (a virtual server then has none of that name), and what the server says at the call has to be what was approved.
 */
const UNLIKE_ITS_PIN = /is not what was approved any more/;
const UNAPPROVED = {
  // Which wall comes first is a matter of when this process hears of the change.
  changed: /is in quarantine|There is no tool|is not what was approved any more/,
  blocked: /was blocked|There is no tool/,
};
const REFUSED = new RegExp(
  [UNAPPROVED.changed, UNAPPROVED.blocked, UNLIKE_ITS_PIN].map(({ source }) => source).join('|'),
);
const callsSince = (before: number) =>
  upstream.requests.slice(before).filter(({ body }) => body?.method === 'tools/call');

test.each(DOORS)('what people have approved is called by %s', async (_, call) => {
  const before = upstream.requests.length;
  expect(await call()).not.toMatch(REFUSED);
  expect(callsSince(before)).toHaveLength(1);
});

describe.each([
  ['is another than was approved', change, () => rig.approveAll(id), UNAPPROVED.changed],
  ['is blocked', () => block(true), () => block(false), UNAPPROVED.blocked],
  [
    'is another, of which nobody has heard yet',
    // A session of before the change has the list of before.
    async () => {
      become();
      await rig.ask(`/connections/${id}`, { headers: { 'x-any': crypto.randomUUID() } }, 'PATCH');
    },
    () => rig.approveAll(id),
    UNLIKE_ITS_PIN,
  ],
] as const)('a tool that %s', (_, begin, end, refused) => {
  beforeEach(begin);
  afterEach(end);

  test.each(DOORS)('is not called by %s', async (_door, call) => {
    const before = upstream.requests.length;
    expect(await call()).toMatch(refused);
    expect(callsSince(before)).toEqual([]);
  });
});

test.each([
  ['is another than was approved', change, () => rig.approveAll(id)],
  ['is blocked', () => block(true), () => block(false)],
] as const)('a tool that %s is in no list', async (_, begin, end) => {
  const lists = async () => {
    const names: string[] = [];
    for (const path of ['/mcp/gateway', '/mcp/servers/desk'])
      for (const open of [newClient, oldClient]) {
        const client = await open(rig.http, path);
        // An empty list is an error that says so.
        const { tools } = await client.listTools().catch(() => ({ tools: [] }));
        names.push(...tools.map(({ name }) => `${path} ${name}`));
        await client.close();
      }
    const { body } = await rig.try('/tools');
    return [...names, ...(body.tools ?? []).map(({ name }: { name: string }) => name)];
  };
  const [all, own] = [`/mcp/gateway wiki__${ASK}`, '/mcp/servers/desk ask'];
  expect(await lists()).toEqual([all, all, own, own, `wiki__${ASK}`]);
  await begin();
  try {
    expect(await lists()).toEqual([]);
  } finally {
    await end();
  }
});

test('of a server that could not be reached so far, whoever calls its tools is told just that', async () => {
  const gone = await startUpstream();
  await gone.close();
  expect((await rig.ask('/connect', { slug: 'far', url: gone.url })).status).toBe('unreachable');
  expect(await rig.try('/call', { tool: `far__${ASK}`, arguments: ARGS })).toMatchObject({
    status: 503,
    body: { detail: 'Nobody knows which tools far has: it could not be reached so far.' },
  });
  expect(await byClient('new', '/mcp/gateway', `far__${ASK}`)).toContain('could not be reached so far');
});
