import type {
  CallToolResult,
  CompleteRequestParams,
  CompleteResult,
  GetPromptResult,
  InputRequiredResult,
  Prompt as PromptEntry,
  ReadResourceResult,
  Resource as ResourceEntry,
  ResourceTemplateType as TemplateEntry,
  Tool as ToolEntry,
} from '@modelcontextprotocol/server';
import type { Action } from '#server/identity/permissions.ts';
import type { PromptArgument } from '../prompts/prompt.ts';
import type { Resource } from '../resources/resource.ts';
import type { AskedClient } from './asked-client.ts';
import type { McpCall } from './call.ts';
import type { RequestContext } from './request-context.ts';

/** All that a client finds behind `/mcp`, in the protocol's own forms. */
export interface Surface {
  /** What a model is told of all of it; left out: of the product's own tools. */
  instructions?: string;
  tools: readonly ToolSource[];
  resources: readonly Resource[];
  prompts: readonly ServedPrompt[];
  /** Of others, beside the tables: what they have is known when it is asked for. */
  upstream?: { prompts: PromptSource; resources: ResourceSource };
}

/** A request, with what it takes to ask its client something before it is answered. */
export interface Asked {
  context: RequestContext;
  client: AskedClient;
}

export interface PromptSource {
  needs: readonly Action[];
  list(call: McpCall): Promise<PromptEntry[]>;
  get(
    call: McpCall,
    asked: Asked & { name: string; args: Record<string, string> },
  ): Promise<GetPromptResult | InputRequiredResult>;
  complete(call: McpCall, params: CompleteRequestParams): Promise<CompleteResult>;
  watch(call: McpCall, changed: () => void): Promise<() => void>;
}

export interface ResourceSource {
  needs: readonly Action[];
  list(call: McpCall): Promise<ResourceEntry[]>;
  templates(call: McpCall): Promise<TemplateEntry[]>;
  read(call: McpCall, asked: Asked & { uri: string }): Promise<ReadResourceResult | InputRequiredResult>;
  complete(call: McpCall, params: CompleteRequestParams): Promise<CompleteResult>;
  watch(call: McpCall, uri: string, changed: () => void): Promise<() => void>;
  watchList(call: McpCall, changed: () => void): Promise<() => void>;
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
  call(call: McpCall, asked: Asked & { args: unknown }): Promise<CallToolResult | InputRequiredResult>;
}

export interface ServedPrompt {
  entry: PromptEntry;
  needs: readonly Action[];
  args: readonly PromptArgument[];
  get(
    call: McpCall,
    asked: Asked & { args: Record<string, string> },
  ): Promise<GetPromptResult | InputRequiredResult>;
}
