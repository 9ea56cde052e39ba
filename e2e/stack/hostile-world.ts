import { setTimeout } from 'node:timers/promises';
import { text, tool, type UpstreamTool } from '#server/testing/mcp-upstream.ts';
import type { World } from './pages.ts';
import type { Api } from './people.ts';

/** Markup that runs a script where it is taken for markup; with a turn of the direction of writing and no break. */
export const HOSTILE =
  '<img src=x onerror="globalThis.hacked=1"><script data-hostile>globalThis.hacked=1</script>{{7*7}}\u202edlrow\u200b';
/** Written from the right, faces of several code points, and letters that reach into the lines beside theirs. */
const FOREIGN =
  'שלום مرحبا 👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈 Z\u0351\u036b\u0343\u0319\u0324\u0349a\u0335\u0362\u0317';
const LINK = `javascript:globalThis.hacked=1//${HOSTILE}`;
/** A spreadsheet would reckon with it. */
const FORMULA = `=HYPERLINK("javascript:globalThis.hacked=1")${HOSTILE}`;
/** Colours of a terminal, and its links. */
const TERMINAL = `\u001b[31m${HOSTILE}\u001b[0m \u001b]8;;javascript:globalThis.hacked=1\u0007link\u001b]8;;\u0007`;
const KEYS = { ['__proto__' as string]: { hacked: 1 }, constructor: LINK, [HOSTILE]: TERMINAL };

/** As long as names may be, in one word. */
export const named = (what: string, length = 200): string =>
  // What is cut may be half of a face.
  `${what}${HOSTILE}${FOREIGN}${'W'.repeat(length)}`.slice(0, length).toWellFormed();

/** What a server far away says of itself. */
export const HOSTILE_TOOLS: UpstreamTool[] = [
  tool('ask', () => text(TERMINAL), {
    ...{ title: named('Ask'), description: `${FORMULA} ${TERMINAL}` },
    inputSchema: {
      type: 'object',
      properties: { question: { type: 'string', title: named('Question'), description: HOSTILE } },
    },
  }),
  tool('waits', () => text(HOSTILE), { title: named('Waits'), description: LINK }),
];

type Registered = { agent_id: string; generation: number };

/** One of everything that a person, an agent or a server can name, describe, answer or log, each of them hostile. */
export async function makeHostileWorld(
  { api, asOwner = api }: { api: Api; asOwner?: Api },
  upstreamUrl: string,
): Promise<World> {
  const agent: Registered = await api('/agents/register', {
    ...{ name: named('Agent', 128), version: HOSTILE.slice(0, 64), capabilities: ['hostile'] },
    labels: ['where=here'],
  });
  const pipelineId = await makePipeline(asOwner);
  const { id: runId } = await api(`/pipelines/${pipelineId}/execute`, { input_data: KEYS });
  await fillWorkspace(api, runId);
  await workOnce(api, agent);
  const connectionId = await connect(api, upstreamUrl);
  await fillSettings(api);
  const { bulk } = await asOwner('/bulk', { action: 'replay', ids: [await makeFailure(api)] });
  const errorGroup = await untilError(api);
  await api(`/analytics/errors/${errorGroup}/decision`, { status: 'open', note: HOSTILE });
  const order = { order: 'pause', reason: named('Because') };
  await api(`/agents/${agent.agent_id}/orders`, order);
  return { runId, pipelineId, agentId: agent.agent_id, errorGroup, bulkId: bulk.id, connectionId };
}

async function makePipeline(api: Api): Promise<string> {
  const stages = [
    { key: 'first', name: named('Stage'), type: 'hostile', ui: { x: 0, y: 0 } },
    {
      key: 'fails',
      name: FORMULA,
      type: 'fail',
      config: { message: `${FOREIGN}${HOSTILE}` },
      ui: { x: 300, y: 0 },
    },
    { key: 'last', name: LINK, type: 'echo', config: KEYS, ui: { x: 600, y: 0 } },
  ];
  const retry = { maxAttempts: 1 };
  const document = {
    stages: stages.map((stage) => ({ ...stage, retry })),
    dependencies: [
      { from: 'first', to: 'fails' },
      { from: 'fails', to: 'last' },
    ],
    ui: {
      notes: [{ id: 'n1', text: `${HOSTILE}${FOREIGN}`, x: 0, y: 200, width: 200, height: 100 }],
      groups: [{ id: 'g1', title: named('Group'), stages: ['first', 'fails'] }],
    },
  };
  const { id } = await api('/pipelines/import', {
    ...{
      name: named('Pipeline'),
      description: `${FORMULA}${FOREIGN}`,
      format: 'json',
      text: JSON.stringify(document),
    },
  });
  await api(`/pipelines/${id}`, { tags: [HOSTILE.slice(0, 64)] }, 'PATCH');
  await api(`/pipelines/${id}/publish`, { note: HOSTILE });
  return id;
}

/** A run whose only stage says hostile things when it fails. */
async function makeFailure(api: Api): Promise<string> {
  const stages = [
    { name: named('Fails'), type: 'fail', retry: { maxAttempts: 1 }, config: { message: HOSTILE } },
  ];
  const { id } = await api('/pipelines', { name: named('Fails'), stages });
  const run = await api(`/pipelines/${id}/execute`, { input_data: KEYS });
  await until(async () => (await api(`/runs/${run.id}`)).finished_at);
  return run.id;
}

/** The agent does one task, and says hostile things of it. */
async function workOnce(api: Api, { agent_id: id, generation }: Registered): Promise<void> {
  const { task_id, epoch } = await until(async () => {
    const { tasks } = await api(`/agents/${id}/claim`, { generation, max: 1, wait_ms: 1000 });
    return tasks[0];
  });
  const task = { task_id, epoch };
  const lines = [TERMINAL, HOSTILE, LINK, FOREIGN].map((message, line) => ({
    type: 'log',
    ...task,
    line,
    message,
  }));
  const done = { type: 'succeeded', ...task, output: KEYS };
  await api(`/agents/${id}/reports`, { generation, reports: [...lines, done] });
}

async function fillWorkspace(api: Api, runId: string): Promise<void> {
  // What stands for several files, and what nobody can see, is refused in paths.
  const path = named('notes', 120)
    .replaceAll(/[/*]|\ufe0f|\p{Cf}/gu, '')
    .trim();
  const file = { path, content: TERMINAL, base_version: 0 };
  await api(`/runs/${runId}/workspace/file`, { ...file, note: HOSTILE }, 'PUT');
  await api(`/runs/${runId}/workspace/messages`, { body: `${HOSTILE}${FOREIGN}` });
}

/** A server with tools, of which one may be called, by a rule that asks people about it. */
async function connect(api: Api, url: string): Promise<string> {
  const { connection_id: id } = await api('/mcp/connect', { slug: 'far-away', name: named('Server'), url });
  const at = `/mcp/connections/${id}/tools`;
  const { tools } = await api(at);
  const known = tools.filter(({ name }: { name: string }) => name === 'ask');
  await api(`${at}/approve`, {
    tools: known.map(({ name, hash }: Record<string, string>) => ({ name, hash })),
  });
  await api('/mcp/rules', { effect: 'ask', who: { kind: 'everybody' }, tool: 'ask' });
  const call = api('/mcp/call', { tool: 'far-away__ask', arguments: { question: HOSTILE } });
  await call.catch(({ message }: Error) => {
    if (!message.includes('waits for people')) throw new Error(message);
  });
  await api('/mcp/servers', {
    ...{ slug: 'virtual', name: named('Virtual'), description: HOSTILE },
    tools: [{ connection_id: id, tool: 'ask', title: named('Asked'), description: HOSTILE }],
  });
  return id;
}

async function fillSettings(api: Api): Promise<void> {
  await api('/keys', { name: named('Key'), role: 'operator', scopes: ['runs:read'] });
  await api('/agent-tokens', { agent: named('Agent', 128) });
  await api('/invites', { role: 'viewer', label: named('Invited') });
  await api('/secrets/hostile.value', { value: HOSTILE }, 'PUT');
  const address = `https://hooks.example.com/${encodeURIComponent(HOSTILE)}`;
  await api('/notification-targets', {
    ...{ name: named('Hook'), kind: 'webhook', address, events: ['run.failed'] },
  });
  const view = encodeURIComponent(HOSTILE.slice(0, 60));
  await api(`/views/runs/${view}`, { query: `q=${encodeURIComponent(HOSTILE)}`, shared: true }, 'PUT');
}

const untilError = (api: Api): Promise<string> =>
  until(async () => (await api('/analytics/errors')).groups[0]?.id);

const LIMIT_MS = 60_000;

async function until<Found>(look: () => Promise<Found | null | undefined>): Promise<Found> {
  const endsAt = performance.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > endsAt) throw new Error(`It did not come: ${look}`);
    await setTimeout(300);
  }
}
