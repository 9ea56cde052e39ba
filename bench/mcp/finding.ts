import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { McpCall } from '../../server/api/mcp/call.ts';
import type { ServedTool } from '../../server/api/mcp/served.ts';
import { surface } from '../../server/api/mcp/surface.ts';
import { createToolSearch, findIn } from '../../server/api/mcp/tool-search.ts';
import { TOOL_SEPARATOR, type ToolDefinition } from '../../server/domain/mcp.ts';
import { commandOf } from '../../server/testing/mcp-rig.ts';
import type { Measurement } from '../plan.ts';
import type { Result } from '../report.ts';
import { percentile } from '../statistics.ts';
import { QUESTIONS } from './finding-questions.ts';

/** As many as `find_tools` answers with when it is not told otherwise. */
const FOUND = 5;

/** Servers that people use, and what they have to be told before they list their tools. */
const SERVERS: [slug: string, packageName: string, args: string[]][] = [
  ['memory', '@modelcontextprotocol/server-memory', []],
  ['thinking', '@modelcontextprotocol/server-sequential-thinking', []],
  ['everything', '@modelcontextprotocol/server-everything', []],
  ['files', '@modelcontextprotocol/server-filesystem', ['.']],
  ['postgrest', '@supabase/mcp-server-postgrest', ['--apiUrl', 'http://localhost:1', '--schema', 'public']],
  ['context7', '@upstash/context7-mcp', []],
];

/**
 * What the list of all tools costs a model before it has done anything, and what finding them by search does; and
 * whether search finds the right one, for questions of which people know the answer. No model is asked.
 */
export async function runFindingBench(): Promise<Result[]> {
  process.stdout.write('finding tools ...');
  const tools = await listAll();
  const answers = QUESTIONS.map(([query, right]) => {
    const answer = findIn(tools, { query, limit: FOUND });
    return { tokens: tokensOf(answer), rank: answer.tools.findIndex(({ name }) => right.includes(name)) };
  });
  const missed = QUESTIONS.filter((_, at) => answers[at]?.rank === -1).map(([query]) => query);
  if (missed.length > 0) process.stdout.write(` not found: ${missed.join('; ')}`);
  process.stdout.write('\n');
  const shareOf = (isRight: (rank: number) => boolean) =>
    (100 * answers.filter(({ rank }) => isRight(rank)).length) / answers.length;
  const setting = `${SERVERS.map(([slug]) => slug).join(', ')} and the tools of /mcp; ${QUESTIONS.length} questions; 4 bytes a token`;
  const found: Measurement[] = [
    one('all tools listed', 'tokens', tokensOf(tools)),
    one('the two tools of search listed', 'tokens', tokensOf(await listSearch(tools))),
    { metric: 'an answer of find_tools', unit: 'tokens', values: answers.map(({ tokens }) => tokens) },
    one(
      'an answer of find_tools, p95',
      'tokens',
      percentile(
        answers.map(({ tokens }) => tokens),
        0.95,
      ),
    ),
    one(
      'the right tool comes first',
      '%',
      shareOf((rank) => rank === 0),
    ),
    one(
      `the right tool is among ${FOUND}`,
      '%',
      shareOf((rank) => rank >= 0),
    ),
  ];
  return found.map((measurement) => ({
    ...{ bench: 'finding' as const, subject: `${tools.length} tools`, setting },
    ...measurement,
  }));
}

const one = (metric: string, unit: string, value: number): Measurement => ({ metric, unit, values: [value] });

/** As the panel counts them. */
const tokensOf = (value: object): number => Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4);

async function listAll(): Promise<ToolDefinition[]> {
  const lists = await Promise.all(SERVERS.map(listOf));
  const own = await surface.tools[0]?.list({} as McpCall);
  return [
    ...lists.flat(),
    ...named(
      'signalbox',
      (own ?? []).map(({ entry }) => entry as ToolDefinition),
    ),
  ];
}

async function listOf([slug, packageName, args]: (typeof SERVERS)[number]): Promise<ToolDefinition[]> {
  const client = new Client({ name: 'bench', version: '1' });
  await client.connect(new StdioClientTransport({ ...commandOf(packageName, args), stderr: 'ignore' }));
  try {
    const { tools } = await client.listTools();
    return named(slug, tools as unknown as ToolDefinition[]);
  } finally {
    await client.close();
  }
}

/** As the gateway names them. */
const named = (slug: string, tools: readonly ToolDefinition[]): ToolDefinition[] =>
  tools.map((tool) => ({ ...tool, name: `${slug}${TOOL_SEPARATOR}${tool.name}` }));

async function listSearch(tools: readonly ToolDefinition[]): Promise<object> {
  const none = () => Promise.reject(new Error('nothing is called here'));
  const served = tools.map((entry) => ({ entry, needs: [], call: none }) as unknown as ServedTool);
  const upstream = { list: async () => served, find: async () => undefined };
  const search = await createToolSearch({ upstream, needs: [], call: none }).list({} as McpCall);
  return search.map(({ entry }) => entry);
}
