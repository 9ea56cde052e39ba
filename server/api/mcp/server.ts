import {
  ProtocolError,
  Server,
  type ServerContext,
  type Tool as ToolEntry,
} from '@modelcontextprotocol/server';
import { SignalboxError } from '#server/domain/errors.ts';
import { mayAnywhere } from '#server/identity/actor.ts';
import { findResource, resources } from '../resources/index.ts';
import { findTool, tools } from '../tools/index.ts';
import { toToolSchema } from '../tools/schemas.ts';
import type { Tool, ToolKind } from '../tools/tool.ts';
import type { McpCall } from './call.ts';
import { callTool } from './call-tool.ts';

const INVALID_PARAMS = -32_602;

const HINTS: Record<ToolKind, { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean }> =
  {
    reads: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
    makes: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    sets: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
    ends: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  };

const ENTRIES: ReadonlyMap<Tool, ToolEntry> = new Map(tools.map((tool) => [tool, describeTool(tool)]));

function describeTool({ name, title, description, kind, input, output }: Tool): ToolEntry {
  return {
    name,
    title,
    description,
    inputSchema: toToolSchema(input, 'input') as ToolEntry['inputSchema'],
    outputSchema: toToolSchema(output, 'output') as ToolEntry['outputSchema'],
    annotations: { title, ...HINTS[kind], openWorldHint: false },
  };
}

/** One for each request of the new generation, and for each session of the old one. */
export function createMcpServer(call: McpCall): Server {
  const server = new Server(
    { name: 'signalbox', title: 'Signalbox', version: '0.1.0' },
    { capabilities: { tools: {}, resources: {} } },
  );
  server.setRequestHandler('tools/list', () => ({
    tools: tools
      .filter(({ needs }) => needs.every((action) => mayAnywhere(call.actor, action)))
      .flatMap((tool) => ENTRIES.get(tool) ?? []),
  }));
  server.setRequestHandler('tools/call', async ({ params }, context: ServerContext) => {
    const tool = findTool(params.name);
    if (!tool) throw new ProtocolError(INVALID_PARAMS, `There is no tool ${JSON.stringify(params.name)}.`);
    return callTool(call, tool, { args: params.arguments, context });
  });
  server.setRequestHandler('resources/list', () => ({ resources: [] }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: resources.map(({ name, title, description, template, mimeType }) => ({
      ...{ name, title, description, mimeType },
      uriTemplate: template,
    })),
  }));
  server.setRequestHandler('resources/read', async ({ params }) => {
    const found = findResource(params.uri);
    if (!found) throw new ProtocolError(INVALID_PARAMS, `There is no resource ${params.uri}.`);
    const { mimeType, ...content } = await found.resource.read(call, found.at).catch((error: unknown) => {
      throw error instanceof SignalboxError ? new ProtocolError(INVALID_PARAMS, error.message) : error;
    });
    const type = mimeType ?? found.resource.mimeType;
    return {
      contents: [
        'text' in content
          ? { uri: params.uri, mimeType: type, text: content.text }
          : { uri: params.uri, mimeType: type, blob: Buffer.from(content.blob).toString('base64') },
      ],
    };
  });
  return server;
}
