import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalid } from '#server/domain/errors.ts';

/**
 * Where a page ended, for the next one: opaque to callers, bound to the list and its order, and sealed, so that nobody
 * makes one up.
 */
export interface Cursors {
  seal(list: string, place: readonly string[]): string;
  /** Throws when it was not sealed here, or for another list or order. */
  open(list: string, cursor: string): string[];
}

const SEAL_BYTES = 12;

export function createCursors(key: string): Cursors {
  const sealOf = (body: string) => createHmac('sha256', key).update(body).digest().subarray(0, SEAL_BYTES);
  return {
    seal(list, place) {
      const body = Buffer.from(JSON.stringify([list, ...place])).toString('base64url');
      return `${body}.${sealOf(body).toString('base64url')}`;
    },
    open(list, cursor) {
      const [body = '', seal = ''] = cursor.split('.');
      const given = Buffer.from(seal, 'base64url');
      if (given.byteLength !== SEAL_BYTES || !timingSafeEqual(given, sealOf(body)))
        throw refuse('is not one of ours');
      const [of, ...place] = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as string[];
      if (of !== list) throw refuse('belongs to another list or another order');
      return place;
    },
  };
}

function refuse(why: string): Error {
  return invalid(
    `The cursor ${why}.`,
    undefined,
    'Begin with the first page, and send its next_cursor as it is.',
  );
}
