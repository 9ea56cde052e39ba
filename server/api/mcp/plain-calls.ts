import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import {
  type CallToolResult,
  classifyInboundRequest,
  type InputRequiredResult,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  SERVER_INFO_META_KEY,
} from '@modelcontextprotocol/server';
import { createLruMap } from '#server/domain/graph/lru-map.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { LOG_LEVELS, type LogLevel } from '#server/domain/mcp.ts';
import type { Answer } from '../http/router.ts';
import { clientOf } from './asked-client.ts';
import { type McpCall, reportOurs } from './call.ts';
import { createReply, type Reply } from './reply.ts';
import type { RequestContext } from './request-context.ts';
import { SERVER_INFO, type ServerMaker } from './server.ts';

/**
 * Calls of tools by clients of the new generation: most of what is asked here. Each is one message and its answer, so no
 * server of the protocol's library is made for it. Only what is a call to the letter is taken: everything else, and what
 * is wrong with one, is the library's to answer.
 */
interface PlainCall {
  id: string | number;
  name: string;
  args: JsonObject | undefined;
  meta: JsonObject;
  inputResponses: Record<string, JsonObject> | undefined;
  requestState: string | undefined;
}

const REVISION = '2026-07-28';
const METHOD = 'tools/call';

const ENVELOPES_REMEMBERED = 1000;
const MAX_ENVELOPE = 4096;

export type PlainReader = (headers: IncomingHttpHeaders, body: unknown) => PlainCall | null;

export function createPlainReader(): PlainReader {
  const envelopes = createLruMap<string, true>(ENVELOPES_REMEMBERED);

  /**
   * Whether the library finds the message and its envelope as they have to be. A client says the same of itself with
   * each request, so that is looked at once.
   */
  function isFine({ jsonrpc, id, ...rest }: JsonObject, meta: JsonObject): boolean {
    const { progressToken, ...envelope } = meta;
    const isPlain =
      jsonrpc === '2.0' &&
      (typeof id === 'string' || Number.isSafeInteger(id)) &&
      (progressToken === undefined ||
        typeof progressToken === 'string' ||
        Number.isSafeInteger(progressToken)) &&
      // What is called, and with what.
      Object.keys(rest).length === 2;
    if (!isPlain) return false;
    const text = JSON.stringify(envelope);
    if (envelopes.get(text)) return true;
    const route = classifyInboundRequest({ httpMethod: 'POST', body: { jsonrpc, id, ...rest } });
    const isModern = route.kind === 'modern' && route.classification.revision === REVISION;
    if (isModern && text.length <= MAX_ENVELOPE) envelopes.set(text, true);
    return isModern;
  }

  /** Null: it is none, or not as it has to be. */
  return (headers, body) => {
    const isNamed = headers['mcp-protocol-version'] === REVISION && headers['mcp-method'] === METHOD;
    if (!isNamed || !isJsonObject(body) || body.method !== METHOD || !isJsonObject(body.params)) return null;
    const { id, params } = body;
    const { name, arguments: args, _meta: meta, inputResponses, requestState } = params;
    if (typeof id !== 'string' && typeof id !== 'number') return null;
    if (typeof name !== 'string' || headers['mcp-name'] !== name || !isJsonObject(meta)) return null;
    if (args !== undefined && !isJsonObject(args)) return null;
    if (inputResponses !== undefined && !areAnswers(inputResponses)) return null;
    if (requestState !== undefined && typeof requestState !== 'string') return null;
    return isFine(body, meta) ? { id, name, args, meta, inputResponses, requestState } : null;
  };
}

function areAnswers(given: unknown): given is Record<string, JsonObject> {
  return (
    isJsonObject(given) &&
    Object.values(given).every((each) => isJsonObject(each) && !('method' in each) && !('result' in each))
  );
}

/** The answer, or a stream that ends with it when there is something to tell before. */
export function answerPlainCall(call: McpCall, plain: PlainCall, maker: ServerMaker): Answer {
  return { stream: (to) => serve(call, plain, { maker, to }) };
}

async function serve(
  call: McpCall,
  plain: PlainCall,
  { maker, to }: { maker: ServerMaker; to: ServerResponse },
): Promise<void> {
  const { id, name, args } = plain;
  const reply = createReply(to);
  const context = contextOf(call, plain, reply);
  try {
    const result = await maker.callTool(call, { name, args, context, client: clientOf(context) });
    await reply.end({ jsonrpc: '2.0', id, result: toWire(result) });
  } catch (error) {
    const said = toError(call, error);
    // The one error that stands in the status too: a client is to see it before it reads.
    const status = said.code === ProtocolErrorCode.MissingRequiredClientCapability ? 400 : 200;
    await reply.end({ jsonrpc: '2.0', id, error: said }, status);
  }
}

function contextOf(call: McpCall, plain: PlainCall, reply: Reply): RequestContext {
  const { meta, inputResponses, requestState } = plain;
  const wanted = LOG_LEVELS.indexOf(meta[LOG_LEVEL_META_KEY] as LogLevel);
  const notify: RequestContext['mcpReq']['notify'] = ({ method, params }) =>
    reply.tell({ jsonrpc: '2.0', method, params });
  return {
    mcpReq: {
      ...{ _meta: meta, envelope: meta as never, signal: call.signal, notify },
      ...(inputResponses === undefined ? {} : { inputResponses: inputResponses as never }),
      requestState: <State>() => requestState as State | undefined,
      async log(level, data, logger) {
        if (wanted < 0 || LOG_LEVELS.indexOf(level) < wanted) return;
        await notify({ method: 'notifications/message', params: { level, data, logger } });
      },
      // This generation asks by its answers.
      send: () => Promise.reject(new Error('a client of the new generation cannot be sent a request')),
    },
  };
}

function toWire(result: CallToolResult | InputRequiredResult): object {
  const { resultType = 'complete', _meta, ...rest } = result as JsonObject;
  const meta = { ...(isJsonObject(_meta) ? _meta : {}), [SERVER_INFO_META_KEY]: SERVER_INFO };
  return { ...rest, resultType, _meta: meta };
}

function toError(call: McpCall, error: unknown): { code: number; message: string; data?: unknown } {
  if (!(error instanceof ProtocolError)) {
    reportOurs(call, error);
    return { code: ProtocolErrorCode.InternalError, message: 'Internal error' };
  }
  const { code, message, data } = error;
  return { code, message, ...(data === undefined ? {} : { data }) };
}
