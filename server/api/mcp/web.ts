import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Call } from '../http/router.ts';

/** The request as the protocol's library takes it. Its body has been read, and is handed over beside it. */
export function toWebRequest({ request, headers, signal }: Call, origin: string): Request {
  const fields = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) fields.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return new Request(new URL(request.url ?? '/', origin), {
    method: request.method ?? 'POST',
    headers: fields,
    signal,
  });
}

/** Writes what the library answers with, as it comes. Ends when the caller has gone. */
export async function sendWebResponse(response: ServerResponse, answer: Response): Promise<void> {
  for (const [name, value] of answer.headers) {
    // It is the server's to say.
    if (name !== 'connection' && name !== 'keep-alive') response.setHeader(name, value);
  }
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store');
  response.writeHead(answer.status);
  if (!answer.body) {
    response.end();
    return;
  }
  response.flushHeaders();
  await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response).catch(
    () => undefined,
  );
}
