import { isJsonObject, type Json, type JsonObject } from '../../../../server/domain/json.ts';
import type { ToolState } from '../../../../server/domain/mcp.ts';
import type { Capability } from '../capabilities.ts';
import type { EditorDocument, StageItem } from '../document.ts';

/** What the editor knows of connected MCP servers: pinned definitions and health, as Signalbox has them at hand. */
export type KnownMcp = ReadonlyMap<string, McpSource>;

export interface McpSource {
  kind: SourceKind;
  slug: string;
  name: string;
  /** Its page. */
  href: string;
  standing: Standing;
  /** Whose tools no run can call: it is somebody's own, or everybody signs in for themselves. */
  isOfPersons: boolean;
  /** By name; null: not known (yet). */
  tools: ReadonlyMap<string, McpTool> | null;
}

export type SourceKind = 'connection' | 'server';
export type Standing = 'reachable' | 'unreachable' | 'cooling' | 'unknown' | 'off';

export interface McpTool {
  name: string;
  title: string;
  description: string;
  state: ToolState;
  /** It does not say of itself that it only reads. */
  mayChange: boolean;
  inputSchema: JsonObject;
  outputSchema: JsonObject | null;
}

/** The words of a definition, and what follows from them. */
export interface Definition {
  name: string;
  title?: string | undefined;
  description?: string | undefined;
  inputSchema: object;
  outputSchema?: object | undefined;
  annotations?: object | undefined;
}

export function toTool(definition: Definition, { name, state }: Pick<McpTool, 'name' | 'state'>): McpTool {
  const annotations = (definition.annotations ?? {}) as JsonObject;
  return {
    ...{ name, state },
    title: definition.title ?? (typeof annotations.title === 'string' ? annotations.title : ''),
    description: definition.description ?? '',
    mayChange: annotations.readOnlyHint !== true,
    inputSchema: definition.inputSchema as JsonObject,
    outputSchema: (definition.outputSchema as JsonObject | undefined) ?? null,
  };
}

/** Where a stage's tool is from, and which it is. */
export interface ToolChoice {
  kind: SourceKind;
  slug: string;
  tool: string;
}

export const MCP_TOOL = 'mcp-tool';

/** Somebody else's agent may use the name for something of its own: then its config is not ours to read. */
export function isToolStage(
  { type }: StageItem,
  capabilities: ReadonlyMap<string, Capability> | null,
): boolean {
  if (type !== MCP_TOOL) return false;
  const offered = capabilities?.get(MCP_TOOL);
  return offered === undefined || offered.configSchema !== null;
}

export function choiceOf({ config }: StageItem): ToolChoice {
  const { connection, server, tool } = isJsonObject(config) ? config : {};
  const kind = typeof server === 'string' && connection === undefined ? 'server' : 'connection';
  return { kind, slug: textOf(kind === 'server' ? server : connection), tool: textOf(tool) };
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

export const sourceKey = ({ kind, slug }: Pick<ToolChoice, 'kind' | 'slug'>): string => `${kind} ${slug}`;

export const sourceOf = (mcp: KnownMcp, stage: StageItem): McpSource | undefined =>
  mcp.get(sourceKey(choiceOf(stage)));

export const toolOf = (mcp: KnownMcp | null, stage: StageItem): McpTool | undefined =>
  mcp === null ? undefined : sourceOf(mcp, stage)?.tools?.get(choiceOf(stage).tool);

/** The config with another tool; what was said to the one before is no answer to this one. */
export function withSource(
  config: JsonObject,
  { kind, slug }: Pick<ToolChoice, 'kind' | 'slug'>,
): JsonObject {
  const { connection: _, server: _server, ...rest } = config;
  return { [kind]: slug, ...rest };
}

/** Where the tools of a document's stages are from, in words that are the same while they are. */
export function wantedSources({ stages }: EditorDocument): string | null {
  const tools = stages.filter(({ type }) => type === MCP_TOOL);
  if (tools.length === 0) return null;
  const named = tools.map(choiceOf).filter(({ slug }) => slug !== '');
  return [...new Set(named.map(sourceKey))].sort().join('\n');
}
