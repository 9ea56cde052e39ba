import type { CallToolResult, ContentBlock, InputRequiredResult } from '@modelcontextprotocol/server';
import type { RequestContext } from '#server/api/mcp/request-context.ts';
import type { ServedTool } from '#server/api/mcp/served.ts';

type Result = CallToolResult | InputRequiredResult;
type Handle = (args: Record<string, unknown>, context: RequestContext) => Promise<Result> | Result;

export function fixtureTool(
  name: string,
  handle: Handle,
  properties: Record<string, { type: string }> = {},
): ServedTool {
  return {
    needs: [],
    entry: {
      name,
      description: `For the conformance suite: ${name}.`,
      inputSchema: { type: 'object', properties, required: Object.keys(properties) },
    },
    call: async (_call, { args, context }) => handle((args ?? {}) as Record<string, unknown>, context),
  };
}

export const says = (...content: ContentBlock[]): CallToolResult => ({ content });
export const text = (words: string): ContentBlock => ({ type: 'text', text: words });
