// @ts-check
import { headersFor, modernVersion, readEvents } from './wire.mjs';

/** @import { Message } from './wire.mjs' */
/** @typedef {{ url: string, token: string, write(line: string): void, complain(line: string): void }} Options */

const SERVER_ERROR = -32_000;
const STREAM_PAUSE_MS = 2000;

/**
 * Carries what a local client says to the server's `/mcp` and back, as it is: the server speaks for itself, in both
 * generations. A session that the server no longer knows is begun again without the client noticing.
 * @param {Options} options
 */
export function createBridge({ url, token, write, complain }) {
  const endpoint = `${url.replace(/\/+$/, '')}/mcp`;
  /** @type {Map<string | number, AbortController>} */
  const pending = new Map();
  const ended = new AbortController();
  /** @type {Promise<void>} */
  let beginning = Promise.resolve();
  /** @type {Promise<boolean> | undefined} */
  let renewing;
  /** @type {{ session: string | undefined, version: string | undefined, hello: Message | undefined }} */
  const known = { session: undefined, version: undefined, hello: undefined };

  /** @param {object} message */
  const say = (message) => write(`${JSON.stringify(message)}\n`);

  /** @param {Message} message @param {AbortSignal} signal */
  const post = (message, signal) =>
    fetch(endpoint, {
      method: 'POST',
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headersFor(message, known),
      },
      body: JSON.stringify(message),
    });

  /** @param {Response} response */
  function learn(response) {
    const session = response.headers.get('mcp-session-id');
    if (session !== null) known.session = session;
  }

  /** Once for all who find it gone, while others wait. @param {string} gone */
  function renew(gone) {
    if (known.session !== gone && !renewing) return Promise.resolve(true);
    renewing ??= beginAgain(ended.signal).finally(() => {
      renewing = undefined;
    });
    beginning = renewing.then(
      () => undefined,
      () => undefined,
    );
    return renewing;
  }

  /** Says what the client said when it began. @param {AbortSignal} signal */
  async function beginAgain(signal) {
    if (!known.hello) return false;
    known.session = undefined;
    const response = await post(known.hello, signal);
    learn(response);
    await response.text();
    if (!response.ok) return false;
    await (await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, signal)).text();
    return true;
  }

  /** Hands an answer to the client, and keeps what a session is begun with. @param {Message} message @param {string} text */
  function answer(message, text) {
    if (message.method === 'initialize') {
      const { result } = /** @type {Message} */ (JSON.parse(text));
      if (result) Object.assign(known, { version: result.protocolVersion, hello: message });
    }
    write(`${text}\n`);
  }

  /** @param {Message} message @param {Response} response */
  async function pass(message, response) {
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream') && response.body) {
      for await (const data of readEvents(response.body)) answer(message, data);
      return;
    }
    const text = await response.text();
    if (message.id === undefined) {
      if (!response.ok) complain(`The server refused ${message.method}: ${response.status} ${text}`);
      return;
    }
    const body = /\bjson\b/.test(type) && text !== '' ? JSON.parse(text) : undefined;
    // What could not be read at all is answered without an id.
    if (body?.jsonrpc === '2.0') return answer(message, JSON.stringify({ ...body, id: message.id }));
    const why = [body?.detail, body?.advice].filter(Boolean).join(' ') || `It answered ${response.status}.`;
    say({ jsonrpc: '2.0', id: message.id, error: { code: SERVER_ERROR, message: why, data: body } });
  }

  /** @param {Message} message */
  async function send(message) {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, ended.signal]);
    if (message.id !== undefined) pending.set(message.id, stop);
    try {
      const { session } = known;
      let response = await post(message, signal);
      if (response.status === 404 && session !== undefined && modernVersion(message) === undefined) {
        await response.text();
        if (await renew(session)) response = await post(message, signal);
      }
      learn(response);
      await pass(message, response);
    } catch (error) {
      if (signal.aborted || message.id === undefined) return;
      const why =
        error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error);
      const text = `${endpoint} cannot be reached: ${why}`;
      say({ jsonrpc: '2.0', id: message.id, error: { code: SERVER_ERROR, message: text } });
    } finally {
      if (message.id !== undefined) pending.delete(message.id);
    }
  }

  /** What the server says unasked, to clients of the old generation. */
  async function hear() {
    while (!ended.signal.aborted) {
      try {
        const session = known.session ?? '';
        const response = await fetch(endpoint, {
          signal: ended.signal,
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'text/event-stream',
            'mcp-session-id': session,
            ...(known.version === undefined ? {} : { 'mcp-protocol-version': known.version }),
          },
        });
        if (response.ok && response.body)
          for await (const data of readEvents(response.body)) write(`${data}\n`);
        else await response.text();
      } catch {
        // It is away, or we are done.
      }
      if (ended.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, STREAM_PAUSE_MS).unref());
    }
  }

  return {
    /** Resolves when the message is answered. @param {string} line */
    async take(line) {
      /** @type {Message} */
      let message;
      try {
        message = JSON.parse(line);
      } catch {
        return say({ jsonrpc: '2.0', id: null, error: { code: -32_700, message: 'That is no JSON.' } });
      }
      const { method, params } = message;
      const cancelled = method === 'notifications/cancelled' ? pending.get(params?.requestId) : undefined;
      // Closing its stream is how the new generation calls a request off.
      if (cancelled && (modernVersion(message) !== undefined || known.session === undefined))
        return cancelled.abort();
      if (method === 'initialize') {
        beginning = send(message);
        return beginning;
      }
      // Scripts say all they have to say at once; what belongs to a session waits until there is one.
      if (modernVersion(message) === undefined) await beginning;
      await send(message);
      if (method === 'notifications/initialized' && known.session !== undefined) void hear();
    },
    /** The client has gone. */
    async end() {
      ended.abort();
      if (known.session === undefined) return;
      const headers = { authorization: `Bearer ${token}`, 'mcp-session-id': known.session };
      await fetch(endpoint, { method: 'DELETE', headers, signal: AbortSignal.timeout(2000) }).catch(
        () => undefined,
      );
    },
  };
}
