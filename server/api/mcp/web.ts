import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Call } from '../http/router.ts';

/** The request as the protocol's library takes it. Its body is read by the door and handed over beside it. */
export function toWebRequest({ request, headers, browser, signal }: Call): Request {
  const fields = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // What it proves is settled, and nothing behind this needs it.
    if (value === undefined || name === 'authorization' || name === 'cookie') continue;
    fields.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return new Request(new URL(request.url ?? '/', browser.origin), {
    method: request.method ?? 'POST',
    headers: fields,
    signal,
  });
}

/** A caller who takes nothing for so long is gone. */
const PATIENCE_MS = 30_000;

/** Writes what the library answers with, as it comes. */
export async function sendWebResponse(response: ServerResponse, answer: Response): Promise<void> {
  for (const [name, value] of answer.headers) {
    // It is the server's to say.
    if (name !== 'connection' && name !== 'keep-alive') response.setHeader(name, value);
  }
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  response.setHeader('cache-control', isStream ? 'no-store, no-transform' : 'no-store');
  // Proxies that collect what they pass on would hold it back.
  if (isStream) response.setHeader('x-accel-buffering', 'no');
  if (!isStream) return sendWhole(response, answer);
  response.writeHead(answer.status);
  if (!answer.body) {
    response.end();
    return;
  }
  response.flushHeaders();
  const reader = answer.body.getReader();
  response.once('close', () => void reader.cancel().catch(() => undefined));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || response.destroyed) break;
      if (!response.write(value)) await drained(response);
    }
    response.end();
  } catch {
    response.destroy();
  }
}

/** What is there already leaves in one piece, with its length. */
async function sendWhole(response: ServerResponse, answer: Response): Promise<void> {
  const body = await answer.text();
  if (answer.body) response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(answer.status);
  response.end(body);
}

async function drained(response: ServerResponse): Promise<void> {
  const giveUp = setTimeout(() => response.destroy(), PATIENCE_MS);
  await Promise.race([once(response, 'drain'), once(response, 'close')]).finally(() => clearTimeout(giveUp));
}
