import { invalid } from '#server/domain/errors.ts';
import type { Moment } from './moved-runs.ts';

/** A moment of the database in a form for clients, who keep it and understand nothing of it. */
export function toResumeToken({ snapshot, atMs }: Moment): string {
  return Buffer.from(`1/${atMs}/${snapshot}`).toString('base64url');
}

/** Whatever a client made of it: the text goes to Postgres, which must not be the one to find it malformed. */
export function readResumeToken(token: string): Moment {
  const [, at, snapshot] =
    /^1\/(\d{1,15})\/(\d{1,19}:\d{1,19}:[\d,]*)$/.exec(Buffer.from(token, 'base64url').toString('latin1')) ??
    [];
  if (at === undefined || snapshot === undefined || !isSnapshot(snapshot)) {
    throw invalid(
      'The resume point cannot be read.',
      undefined,
      'Send the last one that the server told you.',
    );
  }
  return { snapshot, atMs: Number(at) };
}

const MAX_XID = 2n ** 63n;

/** As Postgres checks it: those under way lie in order between the oldest and the next. */
function isSnapshot(text: string): boolean {
  const [first = '', last = '', list = ''] = text.split(':');
  const [oldest, next] = [BigInt(first), BigInt(last)];
  const underWay = list === '' ? [] : list.split(',');
  if (oldest < 1n || next < oldest || next >= MAX_XID) return false;
  let before = oldest - 1n;
  return underWay.every((one) => {
    if (!/^\d{1,19}$/.test(one)) return false;
    const xid = BigInt(one);
    const fits = xid > before && xid < next;
    before = xid;
    return fits;
  });
}
