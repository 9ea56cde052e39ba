import { invalid, notFound, SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type Json, type JsonObject, setOwn } from '#server/domain/json.ts';
import {
  type OfferKind,
  offerKindOf,
  PROMPT_PREFIX,
  type ServerTool,
  TOOL_SEPARATOR,
  type ToolDefinition,
  toolStateOf,
} from '#server/domain/mcp.ts';
import type { GatewayCaller } from './caller.ts';
import {
  type ApprovedTool,
  type Connection,
  type Directory,
  gatewayName,
  type VirtualServer,
} from './directory.ts';
import { judge } from './rules.ts';

/** A tool, a prompt or the resources of a connection as one caller is shown them, and what stands behind. */
export interface VisibleTool {
  definition: ToolDefinition;
  tool: ApprovedTool;
  /** Arguments that every call of it has. */
  preset: JsonObject;
}

/** All that is connected, or what a virtual server has of it. */
export type View = { kind: 'all' } | { kind: 'server'; slug: string };

/** Whether a person who connected something for themselves is the one who calls. */
export const isReachable = ({ ownerId, enabled }: Connection, { userUuid }: GatewayCaller): boolean =>
  enabled && (ownerId === null || ownerId === userUuid);

/**
 * What this caller may call, by name, in an order that does not change by itself. It is made from what was approved and
 * asks no server, so one that is dead hides nothing: its own tools are there and say so when they are called.
 */
export function visibleTools(
  directory: Directory,
  caller: GatewayCaller,
  { view, kind = 'tool' }: { view: View; kind?: OfferKind },
): Map<string, VisibleTool> {
  const found = new Map<string, VisibleTool>();
  const serverId = serverIdOf(directory, view);
  for (const tool of candidatesOf(directory, view).all) {
    const { connection, row } = tool.tool;
    if (offerKindOf(row.name) !== kind || !isReachable(connection, caller)) continue;
    const ruled = { connectionId: connection.id, serverId, tool: row.name };
    const { effect } = judge(directory.rules, caller, ruled);
    if (effect !== 'deny' && !found.has(tool.definition.name)) found.set(tool.definition.name, tool);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Candidates {
  all: readonly VisibleTool[];
  byName: ReadonlyMap<string, readonly VisibleTool[]>;
}

/** A directory never changes, what replaces it is another object: so what is made from it is made once. */
const made = new WeakMap<Directory, Map<string, Candidates>>();

function candidatesOf(directory: Directory, view: View): Candidates {
  const known = made.get(directory) ?? new Map<string, Candidates>();
  made.set(directory, known);
  const key = view.kind === 'all' ? '' : view.slug;
  const found = known.get(key);
  if (found) return found;
  const all = makeCandidates(directory, view);
  const candidates = { all, byName: Map.groupBy(all, ({ definition }) => definition.name) };
  known.set(key, candidates);
  return candidates;
}

function makeCandidates(directory: Directory, view: View): VisibleTool[] {
  if (view.kind === 'all') {
    return [...directory.approved.values()].map(asItIs);
  }
  return serverOf(directory, view.slug).tools.flatMap((entry) => {
    const connection = directory.connections.get(entry.connectionId);
    const tool = connection && directory.approved.get(gatewayName(connection.slug, entry.tool));
    return tool ? [asEntry(tool, entry)] : [];
  });
}

export function serverOf(directory: Directory, slug: string): VirtualServer {
  const server = directory.servers.get(slug);
  if (!server?.enabled) throw notFound('MCP server', slug);
  return server;
}

/** What rules know the view by; null: it is no virtual server. */
export const serverIdOf = (directory: Directory, view: View): string | null =>
  view.kind === 'all' ? null : serverOf(directory, view.slug).id;

const asItIs = (tool: ApprovedTool): VisibleTool => ({
  definition: { ...tool.row.pinned, name: shownName(tool.connection.slug, tool.row.name) },
  tool,
  preset: {},
});

/** Prompts have their names apart from those of tools, so nothing stands before them. */
export const shownName = (slug: string, name: string): string =>
  gatewayName(slug, offerKindOf(name) === 'prompt' ? name.slice(PROMPT_PREFIX.length) : name);

function asEntry(tool: ApprovedTool, entry: ServerTool): VisibleTool {
  const { pinned } = tool.row;
  const preset = entry.arguments ?? {};
  const { title, description } = { ...pinned, ...definedOnly(entry) };
  return {
    definition: {
      ...pinned,
      name: entry.name ?? shownName(tool.connection.slug, entry.tool),
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      inputSchema: withoutPreset(pinned.inputSchema, preset),
    },
    tool,
    preset,
  };
}

function definedOnly({ title, description }: ServerTool): Pick<ServerTool, 'title' | 'description'> {
  return { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
}

/** Nobody is asked for what is set already. */
function withoutPreset(schema: JsonObject, preset: JsonObject): JsonObject {
  const names = new Set(Object.keys(preset));
  if (names.size === 0) return schema;
  const { properties, required } = schema;
  const shown: JsonObject = {};
  for (const [name, part] of Object.entries(
    isJsonObject(properties ?? null) ? (properties as JsonObject) : {},
  )) {
    if (!names.has(name)) setOwn(shown, name, part);
  }
  const asked = Array.isArray(required) ? required.filter((name) => !names.has(String(name))) : required;
  return { ...schema, properties: shown, ...(asked === undefined ? {} : { required: asked as Json }) };
}

/** Preset arguments win over those that were given. */
export function withPreset(given: JsonObject, preset: JsonObject): JsonObject {
  return Object.keys(preset).length === 0 ? given : { ...given, ...preset };
}

export function findVisible(
  directory: Directory,
  caller: GatewayCaller,
  { view, name, kind = 'tool' }: { view: View; name: string; kind?: OfferKind },
): VisibleTool {
  // One of all is found without making the list.
  const candidates =
    view.kind === 'all' ? oneOf(directory, name, kind) : candidatesOf(directory, view).byName.get(name);
  const found = candidates?.find(
    ({ tool }) => offerKindOf(tool.row.name) === kind && isReachable(tool.connection, caller),
  );
  if (found) return found;
  throw missing(directory, caller, { name, kind });
}

function oneOf(directory: Directory, name: string, kind: OfferKind): VisibleTool[] {
  // The name of a connection has no _ in it, so what stands before the first is one.
  const own = kind === 'prompt' ? name.replace(TOOL_SEPARATOR, `${TOOL_SEPARATOR}${PROMPT_PREFIX}`) : name;
  const tool = directory.approved.get(own);
  return tool ? [asItIs(tool)] : [];
}

/** Why it is not there, for those who may know that its connection is. */
function missing(
  directory: Directory,
  caller: GatewayCaller,
  { name, kind }: { name: string; kind: OfferKind },
): SignalboxError {
  for (const connection of directory.connections.values()) {
    if (connection.ownerId !== null && connection.ownerId !== caller.userUuid) continue;
    const isOfIt = name.startsWith(`${connection.slug}${TOOL_SEPARATOR}`);
    if (isOfIt && connection.enabled && !directory.tools.has(connection.id)) throw neverReached(connection);
    const row = [...(directory.tools.get(connection.id)?.values() ?? [])].find(
      (each) => offerKindOf(each.name) === kind && shownName(connection.slug, each.name) === name,
    );
    if (!row) continue;
    if (!connection.enabled) return refused(`The connection ${connection.slug} is switched off.`);
    const state = toolStateOf(row);
    if (state === 'new' || state === 'changed') {
      return refused(`${name} is in quarantine: nobody has approved it as it is now.`);
    }
    if (state === 'blocked') return refused(`${name} was blocked.`);
  }
  const what = kind === 'prompt' ? 'prompt' : 'tool';
  return invalid(
    `There is no ${what} ${JSON.stringify(name.slice(0, 200))}.`,
    undefined,
    `List the ${what}s.`,
  );
}

const neverReached = ({ slug }: Connection): SignalboxError =>
  new SignalboxError('UNAVAILABLE', `Nobody knows which tools ${slug} has: it could not be reached so far.`, {
    advice: 'Test the connection on its page, or ask an owner or admin to.',
  });

const refused = (message: string): SignalboxError =>
  new SignalboxError('FORBIDDEN', message, { advice: 'Ask an owner or admin.' });

/** An empty list is said to be one, and why: a model that is given nothing makes something up. */
export function noTools(directory: Directory, caller: GatewayCaller): SignalboxError {
  const reachable = [...directory.connections.values()].filter((connection) =>
    isReachable(connection, caller),
  );
  const states = reachable.flatMap(({ id }) =>
    [...(directory.tools.get(id)?.values() ?? [])]
      .filter(({ name }) => offerKindOf(name) === 'tool')
      .map(toolStateOf),
  );
  const quarantined = states.filter((state) => state === 'new' || state === 'changed').length;
  const message = `There is no tool to call: ${count(reachable.length, 'connection')}, ${count(states.length, 'tool')}, ${quarantined} of them in quarantine.`;
  return new SignalboxError('NOT_FOUND', message, {
    advice:
      reachable.length === 0
        ? 'Connect an MCP server first.'
        : 'Approve tools of a connection, and look whether a rule forbids them.',
  });
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
