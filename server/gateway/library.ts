import { setTimeout as sleep } from 'node:timers/promises';
import type { CompleteRequestParams, CompleteResult, Resource } from '@modelcontextprotocol/client';
import { invalid, notFound, SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type JsonObject, measureJson } from '#server/domain/json.ts';
import type { Askable, LogEar } from '#server/domain/mcp.ts';
import { RESOURCE_PREFIX } from '#server/domain/mcp.ts';
import type { Bucket, Drawn } from '#server/redis/port.ts';
import type { Calls } from './calls/calls.ts';
import type { CallAnswer } from './calls/request.ts';
import { gatewayUri, splitUri } from './calls/resource-uris.ts';
import { createCompletion } from './completion.ts';
import type { Peers } from './connections/peers.ts';
import { asHeldBy, type Sessions } from './connections/sessions.ts';
import { OUR_REFUSAL } from './refusals.ts';
import type { GatewayCaller } from './tenant/caller.ts';
import { revealHidden } from './tenant/definitions.ts';
import type { ApprovedTool, Directories, Directory } from './tenant/directory.ts';
import { judge } from './tenant/rules.ts';
import { findVisible, serverIdOf, serverOf, type View, visibleTools, withPreset } from './tenant/views.ts';
import type { CallOptions } from './upstream/call-options.ts';
import { type PromptArgument, templatesOf, toPromptArguments } from './upstream/offers.ts';
import type { Upstream } from './upstream/upstream.ts';

/** The prompts and resources of upstream servers, as one caller may have them. */
export interface Library {
  listPrompts(caller: GatewayCaller, view: View): Promise<PromptEntry[]>;
  getPrompt(caller: GatewayCaller, asked: Asked & { name: string; args: JsonObject }): Promise<JsonObject>;
  /** Those of servers that answer: one that does not hides none of the others'. */
  listResources(caller: GatewayCaller, view: View): Promise<ResourceEntry[]>;
  listTemplates(caller: GatewayCaller, view: View): Promise<TemplateEntry[]>;
  readResource(caller: GatewayCaller, asked: Asked & { uri: string }): Promise<JsonObject>;
  /** Resolves when the server tells of its changes; goes on over sessions that end. */
  watchResource(caller: GatewayCaller, asked: Watched): Promise<() => void>;
  complete(caller: GatewayCaller, view: View, params: CompleteRequestParams): Promise<CompleteResult>;
}

interface Asked extends Pick<CallOptions, 'signal' | 'onProgress'> {
  view: View;
  askable?: Askable | undefined;
  log?: LogEar | undefined;
}

interface Watched {
  view: View;
  uri: string;
  changed(): void;
}

export interface PromptEntry {
  name: string;
  title?: string;
  description?: string;
  arguments: PromptArgument[];
}

export interface ResourceEntry {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  size?: number;
}

export interface TemplateEntry {
  uriTemplate: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
}

export interface LibraryOptions {
  directories: Directories;
  sessions: Sessions;
  calls: Calls;
  peers: Peers;
  takeRate(subject: string, bucket: Bucket): Promise<Drawn>;
}

const LIST_MS = 5000;
const AGAIN_MS = 2000;
const MINUTE_MS = 60_000;
const MAX_LISTED = 1000;
const MAX_ENTRY = { maxBytes: 16_384, maxDepth: 4 };
const RESOURCE_MISSING = new Set([-32_002, -32_602]);

export function createLibrary(options: LibraryOptions): Library {
  const { directories, sessions, calls } = options;

  /** The approved one that a URI belongs to. Whatever it is that keeps it from the caller, to them it is not there. */
  function findResource(
    directory: Directory,
    caller: GatewayCaller,
    { view, uri }: { view: View; uri: string },
  ) {
    const split = splitUri(uri);
    const found =
      split && resourcesOf(directory, caller, view).find(({ connection }) => connection.slug === split.slug);
    const serverId = serverIdOf(directory, view);
    if (!split || !found || !mayRead(directory, caller, { tool: found, serverId, uri: split.uri })) {
      throw notFound('resource', uri.slice(0, 200));
    }
    return {
      tool: { ...found, connection: asHeldBy(found.connection, caller.userUuid) },
      ...{ serverId, uri: split.uri },
    };
  }

  async function upstreamOf({ connection, row }: ApprovedTool, maxAgeMs = MINUTE_MS): Promise<Upstream> {
    const upstream = await sessions.pool.get(connection);
    const offered = await upstream.offers.find(row.name, { timeoutMs: LIST_MS, maxAgeMs });
    if (offered?.hash === row.pinnedHash) return upstream;
    await sessions.refresh(connection, upstream);
    throw new SignalboxError('FORBIDDEN', `${row.name} of ${connection.slug} is not what was approved.`, {
      advice: 'Ask an owner or admin to look at what has changed, and to approve it.',
      details: OUR_REFUSAL,
    });
  }

  async function listOf(
    directory: Directory,
    caller: GatewayCaller,
    { tool, serverId }: { tool: ApprovedTool; serverId: string | null },
  ): Promise<ResourceEntry[]> {
    const { connection } = tool;
    if (sessions.standingOf(connection).breaker.look().state !== 'closed') return [];
    try {
      const listed = await within(LIST_MS, async () => (await upstreamOf(tool)).listResources(LIST_MS));
      return listed
        .filter(({ uri }) => mayRead(directory, caller, { tool, serverId, uri }))
        .slice(0, MAX_LISTED)
        .flatMap((entry) => (measureJson(entry, MAX_ENTRY).ok ? [toEntry(connection.slug, entry)] : []));
    } catch {
      return [];
    }
  }

  async function watch(tool: ApprovedTool, uri: string, changed: () => void): Promise<() => void> {
    const stop = new AbortController();
    let end: () => void = () => undefined;
    async function listen(): Promise<void> {
      const upstream = await upstreamOf(tool);
      end = await upstream.ears.listen(uri, changed);
      void upstream.ended.then(again);
      if (stop.signal.aborted) end();
    }
    async function again(): Promise<void> {
      while (!stop.signal.aborted) {
        await sleep(AGAIN_MS, undefined, { ref: false });
        if (stop.signal.aborted) return;
        const isBack = await listen().then(
          () => true,
          () => false,
        );
        // What has happened meanwhile nobody has told.
        if (isBack) return changed();
      }
    }
    await listen();
    return () => {
      stop.abort();
      end();
    };
  }

  return {
    async listPrompts(caller, view) {
      const directory = await directories.of(caller.orgId);
      if (view.kind === 'server') serverOf(directory, view.slug);
      return [...visibleTools(directory, caller, { view, kind: 'prompt' }).values()].map(
        ({ definition, preset }) => ({
          name: definition.name,
          ...wordsOf(definition),
          arguments: toPromptArguments(definition).filter(({ name }) => !Object.hasOwn(preset, name)),
        }),
      );
    },
    async getPrompt(caller, { view, name, args, ...more }) {
      const directory = await directories.of(caller.orgId);
      const { tool, preset } = findVisible(directory, caller, { view, name, kind: 'prompt' });
      const serverId = serverIdOf(directory, view);
      const asked = { caller, directory, tool, serverId, args: withPreset(args, preset) };
      return resultOf(await calls.call({ ...asked, ...more }));
    },
    async listResources(caller, view) {
      const directory = await directories.of(caller.orgId);
      const serverId = serverIdOf(directory, view);
      const lists = resourcesOf(directory, caller, view).map((tool) =>
        listOf(directory, caller, { tool, serverId }),
      );
      return (await Promise.all(lists)).flat().sort((a, b) => (a.uri < b.uri ? -1 : 1));
    },
    async listTemplates(caller, view) {
      const directory = await directories.of(caller.orgId);
      return resourcesOf(directory, caller, view).flatMap(({ connection, row }) =>
        templatesOf(row.pinned).map(({ uriTemplate, ...template }) => ({
          uriTemplate: gatewayUri(connection.slug, uriTemplate),
          ...template,
        })),
      );
    },
    async readResource(caller, { view, uri: given, ...more }) {
      const directory = await directories.of(caller.orgId);
      const { tool, serverId, uri } = findResource(directory, caller, { view, uri: given });
      return resultOf(await calls.call({ caller, directory, tool, serverId, args: { uri }, ...more }), given);
    },
    async watchResource(caller, { view, uri: given, changed }) {
      const directory = await directories.of(caller.orgId);
      const { tool, uri } = findResource(directory, caller, { view, uri: given });
      return watch(tool, uri, changed);
    },
    complete: createCompletion({ ...options, upstreamOf }),
  };
}

/** Of connections whose resources people have approved. */
function resourcesOf(directory: Directory, caller: GatewayCaller, view: View): ApprovedTool[] {
  if (view.kind === 'server') serverOf(directory, view.slug);
  return [...visibleTools(directory, caller, { view, kind: 'resources' }).values()].map(({ tool }) => tool);
}

function mayRead(
  { rules }: Directory,
  caller: GatewayCaller,
  { tool, serverId, uri }: { tool: ApprovedTool; serverId: string | null; uri: string },
): boolean {
  const ruled = { connectionId: tool.connection.id, serverId, tool: `${RESOURCE_PREFIX}${uri}` };
  return judge(rules, caller, ruled).effect !== 'deny';
}

/** An error that the server answered with is one here too: nobody reads it as what they asked for. */
function resultOf({ result, isError, code }: CallAnswer, uri?: string): JsonObject {
  if (!isError) return result;
  if (uri !== undefined && code !== null && RESOURCE_MISSING.has(code)) throw notFound('resource', uri);
  const [part] = Array.isArray(result.content) ? result.content : [];
  const words = isJsonObject(part ?? null) ? String((part as JsonObject).text) : '';
  throw invalid(`The server answered with an error: ${words}`);
}

function toEntry(slug: string, { uri, name, mimeType, size, ...words }: Resource): ResourceEntry {
  return {
    ...{ uri: gatewayUri(slug, uri), name: revealHidden(name), ...wordsOf(words) },
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(size === undefined ? {} : { size }),
  };
}

/** Nobody approves the words of a single resource, so nothing may hide in them. */
const wordsOf = ({
  title,
  description,
}: {
  title?: string | undefined;
  description?: string | undefined;
}) => ({
  ...(title === undefined ? {} : { title: revealHidden(title) }),
  ...(description === undefined ? {} : { description: revealHidden(description).slice(0, 4000) }),
});

async function within<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('too late')), ms);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
