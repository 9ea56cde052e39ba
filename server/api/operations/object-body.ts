import { pipeline } from 'node:stream/promises';
import type { ObjectRead } from '#server/services/run/read-object.ts';
import type { Answer } from '../http/router.ts';

/** As it comes from the store, so that an object need not fit in memory. Damage on the way cuts the line. */
export function sendObject({ bytes, content }: ObjectRead): Answer {
  return {
    async stream(response) {
      response.writeHead(200, {
        // Its type is an agent's word: served as a file, so that no browser runs what it says it is.
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment',
        'content-security-policy': 'sandbox',
        'content-length': bytes,
        'cache-control': 'no-store',
      });
      await pipeline(content, response);
    },
  };
}
