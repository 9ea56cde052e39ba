import {
  type CallToolResult,
  Client,
  type CompleteRequestParams,
  type CompleteResult,
  type GetPromptResult,
  type PriorDiscovery,
  type ReadResourceResult,
  type Resource as ResourceEntry,
  type ServerCapabilities,
  type Transport,
} from '@modelcontextprotocol/client';
import type { JsonObject } from '#server/domain/json.ts';
import {
  ELICITATION,
  type Generation,
  type Loan,
  type OfferKind,
  ROOTS,
  SAMPLING,
  type ToolDefinition,
} from '#server/domain/mcp.ts';
import type { Ids } from '#server/platform/system-user.ts';
import { withinSignal } from '#server/platform/within-signal.ts';
import type { Line } from '../http/line.ts';
import { lossIn, SessionTransport } from '../http/session-transport.ts';
import { createWire, type Wire } from '../http/wire.ts';
import type { Guard } from '../programs/guard.ts';
import { createStdioTransport, type StdioTransport } from '../programs/transport.ts';
import { type Asking, createAsking } from '../questions/asking.ts';
import { limitsOf, withAnswers } from './answers.ts';
import type { CallOptions } from './call-options.ts';
import { createEars, type Ears } from './ears.ts';
import { createLogs, type Logs } from './logs.ts';
import { createOffers, type Offers } from './offers.ts';

/** How a server is reached, with all that is secret in it. */
export type UpstreamTarget =
  | { kind: 'http'; url: string; headers: Readonly<Record<string, string>> }
  | {
      kind: 'stdio';
      command: string;
      args: readonly string[];
      env: Readonly<Record<string, string>>;
      cwd: string;
      user: Ids | undefined;
      maxResidentBytes: number;
      guard: Guard;
    };

/** A session with one server, of whichever generation. */
export interface Upstream {
  readonly generation: Generation;
  readonly serverName: string | null;
  readonly serverVersion: string | null;
  readonly capabilities: ServerCapabilities;
  /** What it offers, as far as it can be used, by name. Asked anew when the server says that it has changed. */
  readonly offers: Offers;
  callTool(tool: ToolDefinition, args: JsonObject, options: CallOptions): Promise<CallToolResult>;
  getPrompt(name: string, args: Record<string, string>, options: CallOptions): Promise<GetPromptResult>;
  readResource(uri: string, options: CallOptions): Promise<ReadResourceResult>;
  listResources(timeoutMs: number): Promise<readonly ResourceEntry[]>;
  readonly ears: Ears;
  complete(params: CompleteRequestParams, options: { timeoutMs: number }): Promise<CompleteResult>;
  /** Asks whether it lives. */
  probe(timeoutMs: number): Promise<void>;
  /** A list of the server is another than it was. */
  onListChanged(listener: (kind: OfferKind) => void): void;
  /** Resolves when there is no session any more, whoever ended it. */
  readonly ended: Promise<void>;
  readonly isEnded: boolean;
  /** Somebody waits for an answer, perhaps since people are asked. */
  readonly isBusy: boolean;
  /** What a process said last beside the protocol; empty for others. */
  lastWords(): string;
  close(): Promise<void>;
}

export interface OpenOptions {
  line: Line;
  timeoutMs: number;
  maxMessageBytes: number;
  /** What it turned out to speak before; saves asking. */
  known?: Generation | undefined;
  /** What it may ask for of some of those who call. */
  loans: readonly Loan[];
  now(): number;
  signal?: AbortSignal;
}

/** So long a server may take to let a session end; what it has not heard of by then it is not told. */
const GOODBYE_MS = 2000;
const CLIENT = { name: 'signalbox-gateway', version: '1.0.0' };

export async function openUpstream(target: UpstreamTarget, given: OpenOptions): Promise<Upstream> {
  const { known, line, maxMessageBytes } = given;
  const options: OpenOptions = { ...given, line: (request) => line({ ...request, maxMessageBytes }) };
  if (known === '2025') return connect(target, options, { kind: 'legacy' });
  try {
    return await connect(target, options);
  } catch (error) {
    // Some older servers end at the first word that they do not know: they are started anew and greeted as they expect.
    if (target.kind !== 'stdio' || options.signal?.aborted) throw error;
    return connect(target, options, { kind: 'legacy' });
  }
}

async function connect(
  target: UpstreamTarget,
  options: OpenOptions,
  prior?: PriorDiscovery,
): Promise<Upstream> {
  const { transport, lastWords } = makeTransport(target, options);
  const changes = createChanges();
  const onChange = (kind: OfferKind) => ({
    ...{ autoRefresh: false, debounceMs: 0 },
    onChanged: () => changes.tell(kind),
  });
  const client = new Client(CLIENT, {
    capabilities: {
      elicitation: { form: {}, url: {} },
      ...(options.loans.includes(SAMPLING) ? { sampling: {} } : {}),
      ...(options.loans.includes(ROOTS) ? { roots: {} } : {}),
    },
    versionNegotiation: { mode: 'auto' },
    listMaxPages: 64,
    listChanged: {
      tools: onChange('tool'),
      prompts: onChange('prompt'),
      resources: onChange('resources'),
    },
  });
  const asking = createAsking(options.now);
  client.setRequestHandler(ELICITATION, ({ params }) => asking.hear(ELICITATION, params) as never);
  for (const loan of options.loans) {
    client.setRequestHandler(loan, ({ params }) => asking.hear(loan, params) as never);
  }
  const logs = createLogs(client, asking.tell);
  const connectOptions = {
    timeout: options.timeoutMs,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(prior ? { prior } : {}),
  };
  try {
    await client.connect(transport, connectOptions);
  } catch (error) {
    await transport.close().catch(() => undefined);
    throw withLastWords(error, lastWords());
  }
  const wire = wireTo(target, client, options.line);
  return toUpstream(client, { transport, lastWords, changes, asking, logs, wire, now: options.now });
}

/** Null: its calls need the library's session. */
function wireTo(target: UpstreamTarget, client: Client, line: Line): Wire | null {
  const revision = client.getNegotiatedProtocolVersion();
  if (target.kind !== 'http' || client.getProtocolEra() !== 'modern' || revision === undefined) return null;
  const { url, headers } = target;
  return createWire({ url, headers, line, revision, client: CLIENT });
}

function makeTransport(
  target: UpstreamTarget,
  { line, maxMessageBytes }: OpenOptions,
): { transport: Transport; lastWords(): string } {
  if (target.kind === 'http') {
    const transport = new SessionTransport({ ...target, line });
    return { transport: transport as Transport, lastWords: () => '' };
  }
  const { command, args, env, cwd, user, maxResidentBytes, guard } = target;
  const transport: StdioTransport = createStdioTransport({
    ...{ command, args, env, cwd, user, maxMessageBytes, maxResidentBytes, guard },
  });
  return { transport, lastWords: transport.lastWords };
}

function withLastWords(error: unknown, words: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  return words === '' ? (error as Error) : new Error(`${message} It said: ${words}`, { cause: error });
}

interface Changes {
  tell(kind: OfferKind): void;
  listen(listener: (kind: OfferKind) => void): void;
}

function createChanges(): Changes {
  const listeners = new Set<(kind: OfferKind) => void>();
  return {
    tell(kind) {
      for (const listener of listeners) listener(kind);
    },
    listen: (listener) => listeners.add(listener),
  };
}

interface Session {
  transport: Transport;
  changes: Changes;
  asking: Asking;
  logs: Logs;
  wire: Wire | null;
  lastWords(): string;
  now(): number;
}

async function sayGoodbye(transport: SessionTransport): Promise<void> {
  const late = AbortSignal.timeout(GOODBYE_MS);
  await withinSignal(transport.terminateSession(), late).catch(() => undefined);
}

function toUpstream(client: Client, session: Session): Upstream {
  const { transport, lastWords, changes, asking, logs, wire, now } = session;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let isEnded = false;
  let underway = 0;
  const capabilities = client.getServerCapabilities() ?? {};
  const server = client.getServerVersion();

  client.onclose = () => {
    isEnded = true;
    end();
  };
  // A line that is no message, a stream that broke: whoever waits for an answer hears of it by their own limit.
  client.onerror = () => undefined;
  const offers = createOffers(client, now);
  changes.listen(offers.forget);
  const generation: Generation = client.getProtocolEra() === 'modern' ? '2026' : '2025';

  /** What is asked of it on behalf of a caller, who may be asked and told something meanwhile. */
  async function askFor<Result>(
    options: CallOptions,
    send: Parameters<typeof withAnswers<Result>>[2],
  ): Promise<Result> {
    underway += 1;
    try {
      await logs.want(options.log?.level);
      return await asking.within(options, () => withAnswers(options, generation, send));
    } catch (error) {
      throw lossIn(error) ?? error;
    } finally {
      underway -= 1;
    }
  }

  return {
    generation,
    serverName: server?.name ?? null,
    serverVersion: server?.version ?? null,
    capabilities,
    offers,
    callTool: ({ name, inputSchema }, args, options) =>
      askFor(options, async (more) => {
        const params = { name, arguments: args, ...more };
        const answer = await wire?.call(params, { ...options, inputSchema });
        if (answer) return answer as CallToolResult;
        // Its input says what travels as headers. Outputs are judged by whoever reads them, not here.
        const toolDefinition = { name, inputSchema: { ...inputSchema, type: 'object' as const } };
        return client.callTool(params, { ...limitsOf(options), toolDefinition });
      }),
    getPrompt: (name, args, options) =>
      askFor(options, (more) => client.getPrompt({ name, arguments: args, ...more }, limitsOf(options))),
    readResource: (uri, options) =>
      askFor(options, (more) =>
        client.readResource({ uri, ...more }, { ...limitsOf(options), cacheMode: 'bypass' }),
      ),
    async listResources(timeout) {
      if (!capabilities.resources) return [];
      return (await client.listResources(undefined, { timeout, cacheMode: 'bypass' })).resources;
    },
    ears: createEars(client),
    complete: (params, { timeoutMs }) => client.complete(params, { timeout: timeoutMs }),
    async probe(timeoutMs) {
      if (client.getProtocolEra() === 'modern') await client.discover({ timeout: timeoutMs });
      else await client.ping({ timeout: timeoutMs });
    },
    onListChanged: changes.listen,
    ended,
    get isEnded() {
      return isEnded;
    },
    get isBusy() {
      return underway > 0;
    },
    lastWords,
    async close() {
      isEnded = true;
      wire?.close();
      if (transport instanceof SessionTransport) await sayGoodbye(transport);
      await client.close().catch(() => undefined);
      end();
    },
  };
}
