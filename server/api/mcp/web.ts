import type { ServerResponse } from 'node:http';
import { drained } from '../http/drained.ts';
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

/** Writes what the library answers with, as it comes. */
export async function sendWebResponse(response: ServerResponse, answer: Response): Promise<void> {
  for (const [name, value] of answer.headers) {
    // It is the server's to say.
    if (name !== 'connection' && name !== 'keep-alive') response.setHeader(name, value);
  }
  const contentType = answer.headers.get('content-type');
  const { status } = answer;
  if (contentType?.startsWith('text/event-stream') !== true) {
    const text = await answer.text();
    return sendText(response, { status, ...(answer.body ? { text } : {}), contentType });
  }
  beginStream(response, { status, contentType });
  if (!answer.body) {
    response.end();
    return;
  }
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

/** From now on it is written as it comes. */
export function beginStream(
  response: ServerResponse,
  { status, contentType }: { status: number; contentType: string },
): void {
  response.setHeader('content-type', contentType);
  response.setHeader('cache-control', 'no-store, no-transform');
  // Proxies that collect what they pass on would hold it back.
  response.setHeader('x-accel-buffering', 'no');
  response.writeHead(status);
  response.flushHeaders();
}

/** What is there already leaves in one piece, with its length. */
export function sendText(
  response: ServerResponse,
  {
    status,
    text,
    contentType = 'application/json',
  }: { status: number; text?: string; contentType?: string | null },
): void {
  response.setHeader('cache-control', 'no-store');
  if (contentType !== null) response.setHeader('content-type', contentType);
  if (text !== undefined) response.setHeader('content-length', Buffer.byteLength(text));
  response.writeHead(status);
  response.end(text);
}
