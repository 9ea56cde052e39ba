import type { Tool as ToolEntry } from '@modelcontextprotocol/server';
import { parseInput } from '#server/services/parse-input.ts';
import { prompts } from '../prompts/index.ts';
import type { Prompt } from '../prompts/prompt.ts';
import { resources } from '../resources/index.ts';
import { findTool, tools } from '../tools/index.ts';
import { toToolSchema } from '../tools/schemas.ts';
import { rateOf, type Tool } from '../tools/tool.ts';
import { callTool } from './call-tool.ts';
import { annotationsOf } from './hints.ts';
import { iconsOf } from './icons.ts';
import { offeredPipelines } from './offered-pipelines.ts';
import type { ServedPrompt, ServedTool, Surface, ToolSource } from './served.ts';

function serveTool(tool: Tool): ServedTool {
  const { name, title, description, kind, icon, needs, input, output } = tool;
  return {
    needs,
    entry: {
      ...{ name, title, description, icons: iconsOf(icon) },
      inputSchema: toToolSchema(input, 'input') as ToolEntry['inputSchema'],
      outputSchema: toToolSchema(output, 'output') as ToolEntry['outputSchema'],
      annotations: annotationsOf(kind, title),
    },
    call: (call, { args, context }) =>
      callTool(
        call,
        { name, rate: rateOf(tool) },
        { context, handle: async (toolCall) => tool.handle(toolCall, parseInput(input, args ?? {})) },
      ),
  };
}

function servePrompt({ name, title, description, icon, args, needs, write }: Prompt): ServedPrompt {
  return {
    ...{ needs, args },
    entry: {
      ...{ name, title, description, icons: iconsOf(icon) },
      arguments: args.map((arg) => ({
        name: arg.name,
        description: arg.description,
        required: arg.required === true,
      })),
    },
    async get(call, { args: given }) {
      const text = await write(call, given);
      return { description, messages: [{ role: 'user', content: { type: 'text', text } }] };
    },
  };
}

const SERVED: ReadonlyMap<Tool, ServedTool> = new Map(tools.map((tool) => [tool, serveTool(tool)]));

const toolTable: ToolSource = {
  list: async () => [...SERVED.values()],
  async find(_call, name) {
    const tool = findTool(name);
    return tool && SERVED.get(tool);
  },
};

/** What the product serves. */
export const surface: Surface = {
  tools: [toolTable, offeredPipelines],
  resources,
  prompts: prompts.map(servePrompt),
};
