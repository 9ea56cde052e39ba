import { AsyncLocalStorage } from 'node:async_hooks';
import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  ProtocolError,
  ProtocolErrorCode,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { toStreamingFetch } from './fetch.ts';
import type { Line } from './line.ts';

export interface SessionTarget {
  url: string;
  headers: Readonly<Record<string, string>>;
  line: Line;
}

/** A request whose answer is waited for. */
interface Waiting {
  isOver: boolean;
  /** So often its stream could not be taken up again. */
  misses: number;
  lose(why: Error): void;
}

/** How a stream that has broken is taken up again, by servers that let one. */
const RECONNECTION = {
  ...{ initialReconnectionDelay: 1000, reconnectionDelayGrowFactor: 2 },
  ...{ maxReconnectionDelay: 30_000, maxRetries: 5 },
};
/** Whoever waits for an answer is told sooner than whoever listens for news: after some three seconds. */
const MAX_MISSES = 2;

/**
 * The library's transport, and one thing more: whoever waits for an answer that cannot come any more is told so at once,
 * and why. The library leaves them to their own limit when a stream breaks or is cut for its size.
 */
export class SessionTransport extends StreamableHTTPClientTransport {
  // What is fetched for a request is fetched in its context, also what takes its stream up again.
  readonly #waiting: AsyncLocalStorage<Waiting>;

  constructor({ url, headers, line }: SessionTarget) {
    const waiting = new AsyncLocalStorage<Waiting>();
    super(new URL(url), {
      fetch: fetchWithin(waiting, line),
      requestInit: { headers: { ...headers } },
      reconnectionOptions: RECONNECTION,
    });
    this.#waiting = waiting;
  }

  override send(
    message: JSONRPCMessage | JSONRPCMessage[],
    options: Parameters<StreamableHTTPClientTransport['send']>[1] = {},
  ): Promise<void> {
    if (Array.isArray(message) || !isJSONRPCRequest(message))
      return this.#waiting.exit(() => super.send(message, options));
    const { id } = message;
    const waiting: Waiting = {
      ...{ isOver: false, misses: 0 },
      lose: (why) => {
        if (waiting.isOver) return;
        waiting.isOver = true;
        options.onRequestStreamEnd?.();
        // One that has been answered is not waited for, and the library leaves this aside.
        this.onmessage?.(lossOf(id, why));
      },
    };
    const onRequestStreamEnd = () => waiting.lose(unanswered());
    return this.#waiting.run(waiting, () => super.send(message, { ...options, onRequestStreamEnd }));
  }
}

function fetchWithin(waiting: AsyncLocalStorage<Waiting>, line: Line): ReturnType<typeof toStreamingFetch> {
  return async (url, init) => {
    const mine = waiting.getStore();
    if (mine?.isOver) throw unanswered();
    const fetch = toStreamingFetch(line, mine?.lose);
    if (!mine || init?.method !== 'GET') return fetch(url, init);
    const answer = await fetch(url, init).catch((error: unknown) => error as Error);
    if (answer instanceof Response && answer.ok) return answer;
    mine.misses += 1;
    if (mine.misses >= MAX_MISSES) mine.lose(unanswered());
    if (answer instanceof Response) return answer;
    throw answer;
  };
}

const unanswered = (): SdkError => new SdkError(SdkErrorCode.ConnectionClosed, 'Connection closed');

/** In the form of an answer, since the library waits for one; what is behind it is for `lossIn`. */
const lossOf = (id: JSONRPCRequest['id'], why: Error): JSONRPCMessage => ({
  ...{ jsonrpc: '2.0', id },
  error: { code: ProtocolErrorCode.InternalError, message: why.message, data: { cause: why } },
});

/** Why there is no answer, where that was found out here and is nothing that a server has said; null: elsewhere. */
export function lossIn(error: unknown): Error | null {
  if (!(error instanceof ProtocolError)) return null;
  const { cause } = (error.data ?? {}) as { cause?: unknown };
  // What a server says is JSON: there is no error in it.
  return cause instanceof Error ? cause : null;
}
