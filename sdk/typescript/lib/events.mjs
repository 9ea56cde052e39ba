// @ts-check
import { SignalboxError } from './errors.mjs';
import { isPassing } from './http.mjs';
import { backoffMs, pause } from './pauses.mjs';

/** @import { Http } from './http.mjs' */
/** @import { FollowOptions, RunEvent } from '../index.mjs' */

/** The server says something every 15 s; a line that is silent for longer is dead. */
const SILENCE_MS = 45_000;

/**
 * A run's events, from the first or from the one after `after`, until its end. A line that breaks is opened again
 * after the last number seen, so that each event comes once.
 * @param {Http} http @param {string} runId @param {FollowOptions} [options]
 * @returns {AsyncGenerator<RunEvent, void, void>}
 */
export async function* followRun(http, runId, { after = 0, signal } = {}) {
  let last = after;
  let failures = 0;
  for (;;) {
    let isHeard = false;
    try {
      for await (const message of listen(http, { runId, last, signal })) {
        isHeard = true;
        failures = 0;
        if (message.event === 'end') return;
        const event = /** @type {RunEvent} */ (JSON.parse(message.data));
        if (event.seq <= last) continue;
        last = event.seq;
        yield event;
      }
      if (!isHeard) {
        // Whoever closes it without a word, a proxy for one, is not asked again at once.
        failures += 1;
        await pause(backoffMs(failures), signal);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof SignalboxError) || !isPassing(error)) throw error;
      failures += 1;
      await pause(backoffMs(failures, { retryAfterMs: error.retryAfterMs }), signal);
    }
    signal?.throwIfAborted();
  }
}

/**
 * One connection's messages. It ends without a word when the server closes it, and throws when it breaks.
 * @param {Http} http @param {{ runId: string, last: number, signal: AbortSignal | undefined }} from
 */
async function* listen(http, { runId, last, signal }) {
  const watchdog = new AbortController();
  const timer = setTimeout(() => watchdog.abort(), SILENCE_MS);
  const response = await http
    .open({
      path: `/runs/${encodeURIComponent(runId)}/events`,
      query: { follow: 1, after: last },
      headers: { accept: 'text/event-stream' },
      signal: signal ? AbortSignal.any([signal, watchdog.signal]) : watchdog.signal,
    })
    .catch((error) => {
      // It would hold a program that has nothing else to do.
      clearTimeout(timer);
      throw error;
    });
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const parser = createParser();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      timer.refresh();
      yield* parser(decoder.decode(value, { stream: true }));
    }
  } catch (error) {
    throw new SignalboxError('UNREACHABLE', 'The stream of events broke off.', { cause: error });
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {});
  }
}

/** Pieces of a stream of server-sent events into its messages. */
export function createParser() {
  let rest = '';
  let message = { event: 'message', data: '' };
  return (/** @type {string} */ piece) => {
    rest += piece;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    const messages = [];
    for (const line of lines.map((text) => text.replace(/\r$/, ''))) {
      const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (line === '') {
        if (message.data !== '') messages.push(message);
        message = { event: 'message', data: '' };
      } else if (field === 'event') message.event = value;
      else if (field === 'data') message.data += message.data === '' ? value : `\n${value}`;
    }
    return messages;
  };
}
