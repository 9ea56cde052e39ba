import { SignalboxError } from '#server/domain/errors.ts';
import { closedTo, type Ids, idsOf, userWithin } from '#server/platform/system-user.ts';

/**
 * Whom programs run as: whoever runs Signalbox, another whom only root can lend, one for each connection, or nobody,
 * since root has not said whom. Programs of others get root's rights only by its word.
 */
export type ProgramUser =
  | { kind: 'own' }
  | ({ kind: 'lent' } & Ids)
  | ({ kind: 'each' } & Uids)
  | { kind: 'nobody' };

/** Numbers of users, the first and the last. A group of the same number belongs to each. */
export interface Uids {
  from: number;
  to: number;
}

/** Below are the users that a machine makes for itself and its people. */
const FIRST_UID = 1000;
/** What Node takes for one. */
const LAST_UID = 2 ** 31 - 1;

/** Null where a system has no numbers for users. */
type OwnUid = number | null;

export function programUserOf(
  setting: string | undefined,
  ownUid: OwnUid = process.getuid?.() ?? null,
): ProgramUser {
  const isRoot = ownUid === 0;
  if (setting === undefined) return { kind: isRoot ? 'nobody' : 'own' };
  const range = parseRange(setting);
  if (range) {
    if (!isRoot) throw onlyRoot(setting);
    return { kind: 'each', ...range };
  }
  const ids = parse(setting) ?? idsOf(setting);
  if (!ids) {
    throw cannotBe(
      setting,
      'This machine knows no such user.',
      'Name one that `id` knows, or numbers as uid:gid.',
    );
  }
  if (ids.uid === ownUid) return { kind: 'own' };
  if (isRoot) return { kind: 'lent', ...ids };
  throw onlyRoot(setting);
}

function parseRange(setting: string): Uids | undefined {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(setting) ?? [];
  if (!first || !last) return undefined;
  const [from, to] = [Number(first), Number(last)];
  if (from < FIRST_UID || to > LAST_UID || from >= to) {
    throw cannotBe(
      setting,
      `A range goes from ${FIRST_UID} to ${LAST_UID} at most, upwards.`,
      'Name numbers that nothing else uses, such as 700000-709999.',
    );
  }
  const taken = userWithin(from, to);
  if (taken === undefined) return { from, to };
  throw cannotBe(
    setting,
    `One of these numbers belongs to ${taken}.`,
    'Name numbers that nothing else uses: a program would have the rights of that user.',
  );
}

function parse(setting: string): Ids | undefined {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(setting) ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

const onlyRoot = (setting: string): SignalboxError =>
  cannotBe(
    setting,
    'Only root can have programs run as somebody else.',
    'Leave it unset, so that they run as the user of Signalbox, or start Signalbox as root.',
  );

function cannotBe(setting: string, why: string, advice: string): SignalboxError {
  return new SignalboxError('INVALID', `SIGNALBOX_MCP_PROGRAM_USER cannot be ${setting}. ${why}`, { advice });
}

/** Why no program is started here, whichever it is; null: some may be. */
export function obstacleToPrograms({ kind }: ProgramUser): SignalboxError | null {
  if (kind !== 'nobody') return null;
  return new SignalboxError(
    'FORBIDDEN',
    "Signalbox runs as root, and starts no program with all of root's rights.",
    {
      advice:
        'Whoever runs Signalbox names a user without rights in SIGNALBOX_MCP_PROGRAM_USER, or root, if programs are to have all of its rights.',
    },
  );
}

/** Whoever programs run as gets to their folder and to what is started. */
export function checkReach(user: Ids | undefined, paths: readonly string[]): void {
  if (!user) return;
  const closed = paths.map((path) => closedTo(path, user)).find((found) => found !== undefined);
  if (closed === undefined) return;
  throw new SignalboxError('FORBIDDEN', `The user that programs run as may not pass through ${closed}.`, {
    advice:
      'Put SIGNALBOX_DATA_DIR and the programs where every user may pass through (such as below /srv), or name another user in SIGNALBOX_MCP_PROGRAM_USER.',
  });
}
