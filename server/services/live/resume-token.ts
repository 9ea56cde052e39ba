import { invalid } from '#server/domain/errors.ts';
import type { Moment } from './moment.ts';
import type { Place } from './stretch.ts';

/** All that was committed up to there has been told. */
export interface ResumePoint {
  since: Moment;
  /** Somebody was in the middle of catching up: so far along the way to this later moment. */
  within?: { until: Moment; place: Place } | undefined;
}

/** In a form for clients, who keep it and understand nothing of it. */
export function toResumeToken({ since, within }: ResumePoint): string {
  const base = `${since.atMs}/${since.snapshot}`;
  if (!within) return encode(`1/${base}`);
  const { until, place } = within;
  return encode(`2/${base}/${until.atMs}/${until.snapshot}/${place.xid}/${place.run}`);
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');

const MOMENT = String.raw`(\d{1,15})/(\d{1,19}:\d{1,19}:[\d,]*)`;
const FORMAT = new RegExp(String.raw`^(?:1/${MOMENT}|2/${MOMENT}/${MOMENT}/(\d{1,19})/([0-9a-f]{32}))$`);

/** Whatever a client made of it: the text goes to Postgres, which must not be the one to find it malformed. */
export function readResumeToken(token: string): ResumePoint {
  const [, at, snapshot, ...more] = FORMAT.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? [];
  const [sinceAt, since, untilAt, until, xid, run] = more;
  const simple = readMoment(at, snapshot);
  if (simple) return { since: simple };
  const [first, second] = [readMoment(sinceAt, since), readMoment(untilAt, until)];
  const isPlace = xid !== undefined && run !== undefined && BigInt(xid) < MAX_XID;
  if (first && second && isPlace) return { since: first, within: { until: second, place: { xid, run } } };
  throw invalid('The resume point cannot be read.', undefined, 'Send the last one that the server told you.');
}

function readMoment(at: string | undefined, snapshot: string | undefined): Moment | undefined {
  if (at === undefined || snapshot === undefined || !isSnapshot(snapshot)) return undefined;
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
