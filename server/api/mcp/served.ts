import type {
  CallToolResult,
  GetPromptResult,
  InputRequiredResult,
  Prompt as PromptEntry,
  ServerContext,
  Tool as ToolEntry,
} from '@modelcontextprotocol/server';
import type { Action } from '#server/identity/permissions.ts';
import type { PromptArgument } from '../prompts/prompt.ts';
import type { Resource } from '../resources/resource.ts';
import type { AskedClient } from './asked-client.ts';
import type { McpCall } from './call.ts';

/** All that a client finds behind `/mcp`, in the protocol's own forms. */
export interface Surface {
  /** What a model is told of all of it; left out: of the product's own tools. */
  instructions?: string;
  tools: readonly ToolSource[];
  resources: readonly Resource[];
  prompts: readonly ServedPrompt[];
}

/** Where tools come from: a table, or what an organisation has made. An earlier source wins over a later one. */
export interface ToolSource {
  list(call: McpCall): Promise<readonly ServedTool[]>;
  find(call: McpCall, name: string): Promise<ServedTool | undefined>;
  /** Calls `changed` when the list may be another one. Left out: it never is. */
  watch?(call: McpCall, changed: () => void): Promise<() => void>;
}

export interface ServedTool {
  entry: ToolEntry;
  needs: readonly Action[];
  call(
    call: McpCall,
    asked: { args: unknown; context: ServerContext; client: AskedClient },
  ): Promise<CallToolResult | InputRequiredResult>;
}

export interface ServedPrompt {
  entry: PromptEntry;
  needs: readonly Action[];
  args: readonly PromptArgument[];
  get(
    call: McpCall,
    asked: { args: Record<string, string>; context: ServerContext; client: AskedClient },
  ): Promise<GetPromptResult | InputRequiredResult>;
}
