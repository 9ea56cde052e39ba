import { pipeline } from 'node:stream/promises';
import type { ObjectRead } from '#server/services/run/read-object.ts';
import type { Answer } from '../http/router.ts';
import { isKnown } from '../http/send.ts';
import type { RawCall } from './operation.ts';

/**
 * As it comes from the store, so that an object need not fit in memory. Damage on the way cuts the line. What it is called
 * by says what it holds, so whoever has it need not get it again; whether they still may is asked each time.
 */
export function sendObject({ request }: RawCall, { hash, isSensitive, open }: ObjectRead): Answer {
  const etag = `"${hash}"`;
  const kept = { etag, 'cache-control': 'private, no-cache', vary: 'cookie, authorization' };
  return {
    async stream(response) {
      if (!isSensitive && isKnown(request, etag)) {
        response.writeHead(304, kept).end();
        return;
      }
      const { bytes, content } = await open();
      response.writeHead(200, {
        // Its type is an agent's word: served as a file, so that no browser runs what it says it is.
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment',
        'content-security-policy': 'sandbox',
        'content-length': bytes,
        ...(isSensitive ? { 'cache-control': 'no-store' } : kept),
      });
      await pipeline(content, response);
    },
  };
}
