import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  LOG_LEVEL_META_KEY,
  type Server,
} from '@modelcontextprotocol/server';
import { isJsonObject } from '#server/domain/json.ts';
import { LOG_LEVELS, type LogLevel } from '#server/domain/mcp.ts';
import type { RequestContext } from './request-context.ts';

/** What the client of a request can be asked before it is answered, and how. */
export interface AskedClient {
  /** Of the new generation: a question is an answer, and the request comes again. */
  isNew: boolean;
  canFill: boolean;
  canOpen: boolean;
  canSample: boolean;
  canListRoots: boolean;
  /** The least of a log that it wants to hear; undefined: it has not said. */
  logLevel: LogLevel | undefined;
}

/** What clients of the old generation have said, by the server of their session. */
const levels = new WeakMap<Server, LogLevel>();

const toLevel = (given: unknown): LogLevel | undefined => LOG_LEVELS.find((level) => level === given);

/** A client of the old generation says it once. */
export function levelIn(body: unknown): LogLevel | undefined {
  if (!isJsonObject(body) || body.method !== 'logging/setLevel' || !isJsonObject(body.params))
    return undefined;
  return toLevel(body.params.level);
}

export function noteLevel(server: Server, level: LogLevel | null): void {
  if (level) levels.set(server, level);
}

/** The new generation says with each request what it can, the old one when its session begins. */
export function clientOf({ mcpReq: { envelope } }: RequestContext, session?: Server): AskedClient {
  const isNew = envelope !== undefined;
  const said: Readonly<Record<string, unknown>> = envelope ?? {};
  const capabilities = (isNew ? said[CLIENT_CAPABILITIES_META_KEY] : session?.getClientCapabilities()) as
    | ClientCapabilities
    | undefined;
  const { elicitation, sampling, roots } = capabilities ?? {};
  return {
    isNew,
    // Before there were two kinds, saying nothing more meant forms.
    canFill: elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined),
    canOpen: elicitation?.url !== undefined,
    canSample: sampling !== undefined,
    canListRoots: roots !== undefined,
    logLevel: isNew ? toLevel(said[LOG_LEVEL_META_KEY]) : session && levels.get(session),
  };
}
