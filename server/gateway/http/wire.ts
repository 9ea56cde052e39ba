import {
  type CallToolResult,
  CLIENT_INFO_META_KEY,
  type InputRequiredResult,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  specTypeSchemas,
} from '@modelcontextprotocol/client';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import type { LogEar, LogLevel, Progress } from '#server/domain/mcp.ts';
import type { SafeStream } from '#server/platform/safe-fetch.ts';
import { eventsOf } from './events.ts';
import { isJson, type Line } from './line.ts';

/**
 * Calls of tools at a server of the new generation: each is one request that stands for itself, so it goes out as it is
 * and its answer comes back, without a session of the protocol's library around it.
 */
export interface Wire {
  /** Null: it takes more than that, and nothing has been worked on. */
  call(params: WireCall, options: WireOptions): Promise<CallToolResult | InputRequiredResult | null>;
  /** Ends what is under way. */
  close(): void;
}

export interface WireCall {
  name: string;
  arguments: JsonObject;
  _meta?: Record<string, unknown>;
  [more: string]: unknown;
}

/** Who hears of a call before it is answered. */
interface Listener {
  onProgress?: ((progress: Progress) => void) | undefined;
  log?: LogEar | undefined;
}

export interface WireOptions extends Listener {
  signal: AbortSignal;
  /** Of the tool: it may want some of its input as headers. */
  inputSchema: JsonObject;
}

export interface WireTarget {
  url: string;
  headers: Readonly<Record<string, string>>;
  line: Line;
  revision: string;
  client: { name: string; version: string };
}

const METHOD = 'tools/call';

export function createWire({ url, headers, line, revision, client }: WireTarget): Wire {
  const fixed = {
    ...Object.fromEntries(new Headers(headers)),
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': revision,
    'mcp-method': METHOD,
  };
  const envelope = { [PROTOCOL_VERSION_META_KEY]: revision, [CLIENT_INFO_META_KEY]: client };
  const underway = new Set<AbortController>();
  let lastId = 0;
  let isClosed = false;

  async function exchange(
    params: WireCall,
    { signal, onProgress, log }: WireOptions,
    stop: AbortSignal,
  ): Promise<CallToolResult | InputRequiredResult | null> {
    lastId += 1;
    const id = lastId;
    const _meta = { ...envelope, ...params._meta, ...(onProgress ? { progressToken: id } : {}) };
    const answer = await line({
      ...{ url, method: 'POST', signal: stop },
      headers: { ...fixed, 'mcp-name': params.name },
      body: JSON.stringify({ jsonrpc: '2.0', id, method: METHOD, params: { ...params, _meta } }),
    });
    if (isElsewhere(answer)) {
      answer.close();
      return null;
    }
    const message = await answerIn(answer, id, (news) => {
      if (!signal.aborted) tell(news, { id, onProgress, log });
    });
    return toResult(message);
  }

  return {
    async call(params, options) {
      if (wantsHeaders(options.inputSchema)) return null;
      if (isClosed) throw new SdkError(SdkErrorCode.NotConnected, 'Not connected');
      const { signal } = options;
      signal.throwIfAborted();
      const stop = new AbortController();
      const leave = () => stop.abort(signal.reason);
      signal.addEventListener('abort', leave);
      underway.add(stop);
      try {
        return await exchange(params, options, stop.signal);
      } catch (error) {
        if (isClosed) throw ended();
        throw error;
      } finally {
        underway.delete(stop);
        signal.removeEventListener('abort', leave);
      }
    },
    close() {
      isClosed = true;
      for (const each of underway) each.abort();
    },
  };
}

const headerSchemas = new WeakMap<JsonObject, boolean>();

function wantsHeaders(inputSchema: JsonObject): boolean {
  const known = headerSchemas.get(inputSchema);
  if (known !== undefined) return known;
  const wants = JSON.stringify(inputSchema).includes('"x-mcp-header"');
  headerSchemas.set(inputSchema, wants);
  return wants;
}

const isElsewhere = ({ status }: SafeStream): boolean => status >= 300 && status < 400;
const isFine = ({ status }: SafeStream): boolean => status >= 200 && status < 300;

/** The message that answers the request; what is said before it is handed on. */
async function answerIn(
  answer: SafeStream,
  id: number,
  onNews: (news: JsonObject) => void,
): Promise<JsonObject> {
  if (!isFine(answer)) throw await refusalIn(answer, id);
  if (isJson(answer)) {
    const message: unknown = JSON.parse(await answer.text());
    if (isAnswer(message, id)) return message;
    throw new SdkError(SdkErrorCode.InvalidResult, 'It has answered something else than what was asked.');
  }
  const type = answer.headers['content-type'] ?? '';
  if (!/^text\/event-stream\b/i.test(type)) {
    answer.close();
    throw new SdkError(SdkErrorCode.ClientHttpUnexpectedContent, `Unexpected content type: ${type}`);
  }
  for await (const text of eventsOf(answer.body)) {
    const message = messageIn(text);
    if (isAnswer(message, id)) return message;
    if (isJsonObject(message) && !('id' in message)) onNews(message);
  }
  throw ended();
}

/** A line that is no message: the next may be one. */
function messageIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isAnswer = (message: unknown, id: number): message is JsonObject =>
  isJsonObject(message) && message.jsonrpc === '2.0' && message.id === id && !('method' in message);

/** An error of the protocol comes with a status of its own. */
async function refusalIn(answer: SafeStream, id: number): Promise<Error> {
  const { status } = answer;
  const text = await answer.text().catch(() => '');
  const message = status === 400 ? messageIn(text) : null;
  if (isAnswer(message, id) && isJsonObject(message.error)) return errorIn(message.error);
  const about = `Error POSTing to endpoint: ${text}`;
  return new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, about, { status, text });
}

function errorIn({ code, message, data }: JsonObject): Error {
  return ProtocolError.fromError(Number(code), String(message), data);
}

function toResult({ result, error }: JsonObject): CallToolResult | InputRequiredResult {
  if (isJsonObject(error)) throw errorIn(error);
  if (!isJsonObject(result) || typeof result.resultType !== 'string')
    throw unusable('it says not of which kind it is');
  const { resultType, ...rest } = result;
  if (resultType === 'input_required') return toQuestions(rest);
  if (resultType !== 'complete')
    throw new SdkError(SdkErrorCode.UnsupportedResultType, `Unsupported result type '${resultType}'`);
  if (isPlain(rest)) return rest as unknown as CallToolResult;
  const read = specTypeSchemas.CallToolResult['~standard'].validate(rest);
  if (read instanceof Promise || read.issues) throw unusable('it has not the form of one');
  return read.value;
}

/** Most answers are texts and nothing else: they are looked at here, and all others by the library. */
function isPlain({ content, structuredContent, isError, ...more }: JsonObject): boolean {
  return (
    Array.isArray(content) &&
    content.every(isText) &&
    (structuredContent === undefined || isJsonObject(structuredContent)) &&
    (isError === undefined || typeof isError === 'boolean') &&
    Object.keys(more).every((key) => key === '_meta' && isJsonObject(more[key]))
  );
}

const isText = (part: Json): boolean =>
  isJsonObject(part) &&
  part.type === 'text' &&
  typeof part.text === 'string' &&
  Object.keys(part).length === 2;

function toQuestions({ inputRequests, requestState }: JsonObject): InputRequiredResult {
  const asked = isJsonObject(inputRequests) ? inputRequests : {};
  const isState = typeof requestState === 'string';
  if (Object.keys(asked).length === 0 && !isState) throw unusable('it asks nothing');
  return {
    ...{ resultType: 'input_required', inputRequests: asked as never },
    ...(isState ? { requestState } : {}),
  };
}

const unusable = (why: string): SdkError =>
  new SdkError(SdkErrorCode.InvalidResult, `The answer is no result of a tool: ${why}.`);

const ended = (): SdkError => new SdkError(SdkErrorCode.ConnectionClosed, 'Connection closed');

interface Ears extends Listener {
  id: number;
}

function tell({ method, params }: JsonObject, { id, onProgress, log }: Ears): void {
  if (!isJsonObject(params)) return;
  const { progressToken, progress, total, message, level, data, logger } = params;
  if (method === 'notifications/progress' && progressToken === id && typeof progress === 'number') {
    onProgress?.({
      progress,
      ...(typeof total === 'number' ? { total } : {}),
      ...(typeof message === 'string' ? { message } : {}),
    });
  }
  if (method === 'notifications/message' && typeof level === 'string') {
    log?.tell({
      ...{ level: level as LogLevel, data: (data ?? null) as Json },
      ...(typeof logger === 'string' ? { logger } : {}),
    });
  }
}
