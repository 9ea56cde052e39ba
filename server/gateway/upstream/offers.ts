import type { Client, ServerCapabilities } from '@modelcontextprotocol/client';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import {
  type OfferKind,
  offerKindOf,
  PROMPT_PREFIX,
  RESOURCES,
  type ToolDefinition,
} from '#server/domain/mcp.ts';
import { hashOf, MAX_TOOLS, NAME, toDefinition } from '../tenant/definitions.ts';

/** What a server offers, as far as it can be approved: a tool, a prompt, or that its resources are read. */
export interface OfferedTool {
  definition: ToolDefinition;
  hash: string;
}

export type Offered = ReadonlyMap<string, OfferedTool>;

/** The lists of one server, each read when it is needed and it has changed or is old. */
export interface Offers {
  all(options: ListOptions): Promise<Offered>;
  /** One of them, from a list that is no older. */
  find(name: string, options: ListOptions & { maxAgeMs: number }): Promise<OfferedTool | undefined>;
  /** The list has changed: what is known of it counts no more. */
  forget(kind: OfferKind): void;
  /** What of the last lists is not offered, since they were too long; null: nothing. */
  leftOut(): string | null;
}

interface ListOptions {
  timeoutMs: number;
  isFresh?: boolean;
}

/** So long a list is believed to be what the server would say, where nobody asks for better. */
const RELIST_MS = 60_000;
/** Asking again takes so small a part of the time where a server is slow, but nobody waits longer than this for the truth. */
const PART_OF_TIME = 20;
const LONGEST_BELIEF_MS = 5000;
const MAX_TEMPLATES = 100;

type Read = (timeoutMs: number) => Promise<(ToolDefinition | null)[]>;

export function createOffers(client: Client, now: () => number): Offers {
  const capabilities = client.getServerCapabilities() ?? {};
  let templates = 0;
  const kinds: Record<OfferKind, ReturnType<typeof createList>> = {
    tool: createList(readTools(client, capabilities), now),
    prompt: createList(readPrompts(client, capabilities), now),
    resources: createList(
      readResources(client, capabilities, (count) => {
        templates = count;
      }),
      now,
    ),
  };
  return {
    async all(options) {
      const lists = await Promise.all(Object.values(kinds).map((kind) => kind.get(options)));
      return new Map(lists.flatMap((list) => [...list]));
    },
    async find(name, options) {
      return (await kinds[offerKindOf(name)].get(options)).get(name);
    },
    forget: (kind) => kinds[kind].forget(),
    leftOut() {
      const said = [tooMany(kinds), unusable(kinds), tooManyTemplates(templates)].filter(
        (sentence) => sentence !== null,
      );
      return said.length === 0 ? null : said.join(' ');
    },
  };
}

type Kinds = Record<'tool' | 'prompt', Pick<ReturnType<typeof createList>, 'length' | 'unfit'>>;

function tooMany({ tool, prompt }: Kinds): string | null {
  if (Math.max(tool.length(), prompt.length()) <= MAX_TOOLS) return null;
  return `The server has ${tool.length()} tools and ${prompt.length()} prompts. The first ${MAX_TOOLS} of each can be approved, and the others are left out.`;
}

function unusable({ tool, prompt }: Kinds): string | null {
  const counts = [`tools: ${tool.unfit()}`, `prompts: ${prompt.unfit()}`].filter(
    (text) => !text.endsWith(' 0'),
  );
  if (counts.length === 0) return null;
  return `Some of what the server has cannot be used and is left out (${counts.join(', ')}): its name is there twice or is none of letters, digits and _.-, or what it says of itself lacks a schema or is too large.`;
}

function tooManyTemplates(count: number): string | null {
  if (count <= MAX_TEMPLATES) return null;
  return `The server has ${count} templates of resources. The first ${MAX_TEMPLATES} are offered; what the others stand for can be read by its URI.`;
}

function createList(read: Read, now: () => number) {
  let known: Offered | null = null;
  let listedAt = 0;
  let tookMs = 0;
  let forgotten = 0;
  let length = 0;
  let unfit = 0;
  let listing: Promise<Offered> | null = null;

  async function list(timeoutMs: number): Promise<Offered> {
    const before = forgotten;
    const from = now();
    const found = new Map<string, OfferedTool>();
    const all = await read(timeoutMs);
    length = all.length;
    for (const definition of all.slice(0, MAX_TOOLS)) {
      // The first of a name counts: a second one could only be there to be taken for it.
      if (definition && !found.has(definition.name))
        found.set(definition.name, { definition, hash: hashOf(definition) });
    }
    unfit = Math.min(all.length, MAX_TOOLS) - found.size;
    // What was read while it changed may be from before the change: it is asked for again next time.
    known = before === forgotten ? found : null;
    listedAt = now();
    tookMs = listedAt - from;
    return found;
  }

  return {
    length: () => length,
    unfit: () => unfit,
    get({ timeoutMs, isFresh = false, maxAgeMs }: ListOptions & { maxAgeMs?: number }): Promise<Offered> {
      const ageMs = now() - listedAt;
      const slowMs = Math.min(tookMs * PART_OF_TIME, LONGEST_BELIEF_MS);
      const isYoung = ageMs <= (maxAgeMs === undefined ? RELIST_MS : Math.max(maxAgeMs, slowMs));
      if (known && isYoung && !isFresh) return Promise.resolve(known);
      listing ??= list(timeoutMs).finally(() => {
        listing = null;
      });
      return listing;
    },
    forget() {
      forgotten += 1;
      known = null;
    },
  };
}

function readTools(client: Client, { tools }: ServerCapabilities): Read {
  return async (timeout) => {
    if (!tools) return [];
    return (await client.listTools(undefined, { timeout, cacheMode: 'bypass' })).tools.map(toDefinition);
  };
}

function readPrompts(client: Client, { prompts }: ServerCapabilities): Read {
  return async (timeout) => {
    if (!prompts) return [];
    const answer = await client
      .listPrompts(undefined, { timeout, cacheMode: 'bypass' })
      .catch((error) => (isUnknownMethod(error) ? { prompts: [] } : Promise.reject(error)));
    return answer.prompts.map(toPromptDefinition);
  };
}

function readResources(
  client: Client,
  { resources }: ServerCapabilities,
  onCount: (templates: number) => void,
): Read {
  return async (timeout) => {
    if (!resources) return [];
    const answer = await client
      .listResourceTemplates(undefined, { timeout, cacheMode: 'bypass' })
      .catch((error) => (isUnknownMethod(error) ? { resourceTemplates: [] } : Promise.reject(error)));
    onCount(answer.resourceTemplates.length);
    return [toResourcesDefinition(answer.resourceTemplates as unknown as Json[])];
  };
}

const isUnknownMethod = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound;

/** A prompt in the form of a tool, so that it is looked at, approved, ruled and logged as one. */
export function toPromptDefinition(given: unknown): ToolDefinition | null {
  if (!isJsonObject(given) || typeof given.name !== 'string' || !NAME.test(given.name)) return null;
  const { name, arguments: args, ...words } = given;
  const properties: JsonObject = {};
  const required: string[] = [];
  for (const arg of Array.isArray(args) ? args : []) {
    if (!isJsonObject(arg) || typeof arg.name !== 'string' || Object.hasOwn(properties, arg.name))
      return null;
    if (arg.name === '__proto__') return null;
    properties[arg.name] = { type: 'string', ...textsOf(arg) };
    if (arg.required === true) required.push(arg.name);
  }
  const { name: _, ...rest } = toDefinition({
    ...{ ...words, name },
    inputSchema: { type: 'object', properties, ...(required.length > 0 ? { required } : {}) },
  }) ?? { name: '' };
  return 'inputSchema' in rest ? { ...rest, name: `${PROMPT_PREFIX}${name}` } : null;
}

/** As a client is shown it again. */
export function toPromptArguments({ inputSchema }: ToolDefinition): PromptArgument[] {
  const { properties, required } = inputSchema;
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries((properties ?? {}) as JsonObject).map(([name, about]) => ({
    name,
    ...textsOf(isJsonObject(about) ? about : {}),
    ...(needed.has(name) ? { required: true } : {}),
  }));
}

export interface PromptArgument {
  name: string;
  title?: string;
  description?: string;
  required?: boolean;
}

/**
 * That the resources of a server are listed and read is approved as a whole, with the templates that it names: single
 * ones come and go by the minute.
 */
function toResourcesDefinition(templates: readonly Json[]): ToolDefinition | null {
  const kept = templates.slice(0, MAX_TEMPLATES).flatMap((each) => {
    if (!isJsonObject(each) || typeof each.uriTemplate !== 'string' || typeof each.name !== 'string')
      return [];
    const { name, uriTemplate, mimeType } = each;
    return [{ uriTemplate, name, ...textsOf(each), ...(typeof mimeType === 'string' ? { mimeType } : {}) }];
  });
  const byUri = kept.sort((a, b) => (a.uriTemplate < b.uriTemplate ? -1 : 1));
  return {
    name: RESOURCES,
    title: 'Resources',
    description: 'Lists and reads what the server has, by URI.',
    inputSchema: { type: 'object', properties: { uri: { type: 'string' } }, required: ['uri'] },
    ...(byUri.length > 0 ? { annotations: { templates: byUri } } : {}),
  };
}

export interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
}

export const templatesOf = ({ annotations }: ToolDefinition): ResourceTemplate[] =>
  (annotations?.templates ?? []) as unknown as ResourceTemplate[];

function textsOf({ title, description }: JsonObject): { title?: string; description?: string } {
  return {
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
}
