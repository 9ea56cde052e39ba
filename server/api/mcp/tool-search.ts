import type { Tool as ToolEntry } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { TOOL_SEPARATOR, type ToolDefinition } from '#server/domain/mcp.ts';
import { searchTools } from '#server/domain/tool-search.ts';
import type { Action } from '#server/identity/permissions.ts';
import { parseInput } from '#server/services/parse-input.ts';
import { toToolSchema } from '../tools/schemas.ts';
import type { McpCall } from './call.ts';
import { callTool, toFailure } from './call-tool.ts';
import { annotationsOf } from './hints.ts';
import { iconsOf } from './icons.ts';
import type { ServedTool, ToolSource } from './served.ts';

const FIND = 'find_tools';
const CALL = 'call_tool';
const MAX_FOUND = 20;
const MAX_NAMED = 30;

const findSchema = z.object({
  query: z.string().min(1).max(500).describe('What you want to do, in a few words.'),
  limit: z.number().int().min(1).max(MAX_FOUND).default(5),
});
const callSchema = z.object({
  name: z.string().min(1).max(128).describe(`As ${FIND} gives it.`),
  arguments: jsonObjectSchema
    .default({})
    .meta({ type: 'object', description: 'As the inputSchema of that tool wants them.' }),
});
const foundSchema = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      title: z.string().optional(),
      description: z.string().optional(),
      inputSchema: z.record(z.string(), z.unknown()),
      annotations: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  searched: z.number().int().describe('How many tools there are.'),
  advice: z.string().optional(),
});

interface SearchOptions {
  /** What is searched, as this caller is shown it. */
  upstream: ToolSource;
  needs: readonly Action[];
  call(call: McpCall, name: string, asked: Parameters<ServedTool['call']>[1]): ReturnType<ServedTool['call']>;
}

/** Two tools in place of a long list: one finds tools by words, the other calls what was found. */
export function createToolSearch(options: SearchOptions): ToolSource {
  const { upstream } = options;
  const finder = createFinder(options);
  const caller = createCaller(options);
  return {
    async list(call) {
      const description = `${finder.entry.description} ${describe(await shownTo(call, upstream))}`;
      return [{ ...finder, entry: { ...finder.entry, description } }, caller];
    },
    async find(call, name) {
      if (name === FIND) return finder;
      if (name === CALL) return caller;
      // A client may call what was found as if it stood in the list.
      return upstream.find(call, name);
    },
    ...(upstream.watch ? { watch: upstream.watch } : {}),
  };
}

function createFinder({ upstream, needs }: SearchOptions): ServedTool {
  async function handle(call: McpCall, args: unknown) {
    const asked = parseInput(findSchema, args ?? {});
    return findIn(await shownTo(call, upstream), asked);
  }
  return {
    needs,
    entry: {
      ...{ name: FIND, title: 'Find tools', description: 'Finds tools of other servers by what they do.' },
      inputSchema: toToolSchema(findSchema, 'input') as ToolEntry['inputSchema'],
      outputSchema: toToolSchema(foundSchema, 'output') as ToolEntry['outputSchema'],
      annotations: annotationsOf('reads', 'Find tools'),
      icons: iconsOf('list'),
    },
    call: (call, { args, context }) =>
      callTool(call, { name: FIND, rate: 'reads' }, { context, handle: () => handle(call, args) }),
  };
}

function createCaller({ needs, call: callNamed }: SearchOptions): ServedTool {
  return {
    needs,
    entry: {
      ...{ name: CALL, title: 'Call a tool', description: `Calls a tool that ${FIND} has found.` },
      inputSchema: toToolSchema(callSchema, 'input') as ToolEntry['inputSchema'],
      // What it calls may be any of them.
      annotations: annotationsOf('starts', 'Call a tool'),
      icons: iconsOf('play'),
    },
    async call(call, { args, ...asked }) {
      let given: z.output<typeof callSchema>;
      try {
        given = parseInput(callSchema, args ?? {});
      } catch (error) {
        return toFailure(call, error);
      }
      return callNamed(call, given.name, { ...asked, args: given.arguments });
    },
  };
}

const shownTo = async (call: McpCall, upstream: ToolSource): Promise<ToolDefinition[]> =>
  (await upstream.list(call)).map(({ entry }) => entry as unknown as ToolDefinition);

export function findIn(all: readonly ToolDefinition[], { query, limit }: z.output<typeof findSchema>) {
  const tools = searchTools(all, query, limit).map(withoutOutput);
  return { tools, searched: all.length, ...(tools.length === 0 ? { advice: adviceFor(all) } : {}) };
}

/** What it answers with is told with the answer; a schema of it would be paid for before that. */
const withoutOutput = ({ name, title, description, inputSchema, annotations }: ToolDefinition) => ({
  name,
  ...(title === undefined ? {} : { title }),
  ...(description === undefined ? {} : { description }),
  inputSchema,
  ...(annotations === undefined ? {} : { annotations }),
});

function describe(tools: readonly ToolDefinition[]): string {
  const owners = new Set(
    tools.flatMap(({ name }) => (name.includes(TOOL_SEPARATOR) ? [name.split(TOOL_SEPARATOR, 1)[0]] : [])),
  );
  const named = [...owners].slice(0, MAX_NAMED);
  const more = owners.size > named.length ? ' and others' : '';
  return `There are ${tools.length}${named.length === 0 ? '' : `, of ${named.join(', ')}${more}`}.`;
}

const adviceFor = (tools: readonly ToolDefinition[]): string =>
  `No tool says anything of it. Ask in other words. ${describe(tools)}`;
