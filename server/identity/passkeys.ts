import { randomBytes } from 'node:crypto';
import type { Sql } from '#db/client.ts';
import { keysBy, madeBefore, makeOnceBy, type Once } from '#db/queries/make-once.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type PasskeyId, type SessionId, toUuid, type UserId } from '#server/domain/ids.ts';
import { type AuditNote, noteBy } from './audit/note.ts';
import type { ProvedPasskey } from './passkey-proof.ts';
import type { NewSession, Sessions, SignIn } from './sessions.ts';
import { digest } from './tokens.ts';
import { lockWaysIn, takeWayIn } from './ways-in.ts';

export interface Passkey {
  id: PasskeyId;
  name: string;
  /** The name of this server that it is bound to. */
  host: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** What is known of one that somebody shows. */
export interface KnownPasskey {
  id: PasskeyId;
  userId: UserId;
  publicKey: string;
}

export interface NewPasskey extends ProvedPasskey {
  id: PasskeyId;
  name: string;
  host: string;
}

export interface AddedPasskey extends Passkey {
  /** False: the same request has added it before. */
  isNew: boolean;
}

export interface Addition {
  once: Once | null;
  /** What the browser says to have signed for, and the session that it must have been given to. */
  challenge: { challenge: string; sessionId: SessionId } | undefined;
  /** Asked when the challenge is ours. Undefined: it was not signed as it should be. */
  prove(): Promise<NewPasskey | undefined>;
  note: AuditNote;
}

export interface Removal {
  /** The session in which it is removed stays, whatever opened it. */
  keep: SessionId;
  noteOf(gone: Removed): AuditNote;
}

/** The name that it had, and the sessions that ended with it. */
export interface Removed {
  name: string;
  sessions: readonly SessionId[];
}

export interface Passkeys {
  /** For an authenticator to sign; `sessionId`: of whoever wants to add one, null: of whoever signs in. */
  challenge(sessionId: SessionId | null): Promise<string>;
  /** Uses it up, whatever comes of it; false when it is not there, too old, or was given out for something else. */
  takeChallenge(challenge: string, sessionId: SessionId | null): Promise<boolean>;
  list(userId: UserId): Promise<Passkey[]>;
  /** Of those at this host, so that an authenticator makes no second one. */
  credentials(userId: UserId, host: string): Promise<{ id: string; transports: string[] }[]>;
  find(credentialId: string): Promise<KnownPasskey | undefined>;
  /** Undefined: it was not proved. Refused with CONFLICT when it is known already, or there are too many. */
  add(userId: UserId, addition: Addition): Promise<AddedPasskey | undefined>;
  /** False: there is no such passkey of theirs. `noteOf` is given the name that it had. */
  rename(
    userId: UserId,
    id: PasskeyId,
    change: { name: string; noteOf(before: string): AuditNote },
  ): Promise<boolean>;
  /** With the other sessions that it has opened, which are returned. Refused with CONFLICT for the last way in. */
  remove(userId: UserId, id: PasskeyId, removal: Removal): Promise<Removed | undefined>;
  /**
   * Signs in by one that has signed. `copied`: its counter went back, so there are two of what there should be one of.
   * Undefined: the passkey or the membership has gone.
   */
  open(id: PasskeyId, counter: number, signIn: SignIn): Promise<NewSession | 'copied' | undefined>;
}

export const CHALLENGE_SECONDS = 300;
export const MAX_PASSKEYS = 20;

interface Row {
  id: string;
  name: string;
  host: string;
  created_at: Date;
  last_used_at: Date | null;
}

export function createPasskeys(sql: Sql, sessions: Pick<Sessions, 'create'>): Passkeys {
  return {
    async challenge(sessionId) {
      const challenge = randomBytes(32).toString('base64url');
      await sql`DELETE FROM passkey_challenges WHERE expires_at < now()`;
      await sql`INSERT INTO passkey_challenges (challenge_hash, session_id, expires_at)
        VALUES (${digest(challenge)}, ${sessionId && toUuid(sessionId)}::text::uuid,
          now() + ${CHALLENGE_SECONDS}::int * interval '1 s')`;
      return challenge;
    },
    takeChallenge: (challenge, sessionId) => takeChallenge(sql, challenge, sessionId),
    async list(userId) {
      const rows = await sql<Row[]>`SELECT id, name, host, created_at, last_used_at FROM passkeys
        WHERE user_id = ${toUuid(userId)}::text::uuid ORDER BY created_at, id`;
      return rows.map(toPasskey);
    },
    async credentials(userId, host) {
      const rows = await sql<{ credential_id: string; transports: string[] }[]>`
        SELECT credential_id, transports FROM passkeys
        WHERE user_id = ${toUuid(userId)}::text::uuid AND host = ${host}`;
      return rows.map(({ credential_id: id, transports }) => ({ id, transports }));
    },
    async find(credentialId) {
      const [row] = await sql<{ id: string; user_id: string; public_key: string }[]>`
        SELECT id, user_id, public_key FROM passkeys WHERE credential_id = ${credentialId}`;
      if (!row) return undefined;
      const { id, user_id: user, public_key: publicKey } = row;
      return { id: fromUuid('passkey', id), userId: fromUuid('user', user), publicKey };
    },
    add: (userId, addition) =>
      sql.begin((transaction) => add(transaction as unknown as Sql, userId, addition)) as Promise<
        AddedPasskey | undefined
      >,
    rename: (userId, id, { name, noteOf }) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const [before] = await tx<
          { name: string }[]
        >`SELECT name FROM passkeys WHERE id = ${toUuid(id)}::text::uuid
          AND user_id = ${toUuid(userId)}::text::uuid FOR UPDATE`;
        if (!before) return false;
        await tx`UPDATE passkeys SET name = ${name} WHERE id = ${toUuid(id)}::text::uuid`;
        await noteBy(tx, noteOf(before.name));
        return true;
      }) as Promise<boolean>,
    remove: (userId, id, { keep, noteOf }) =>
      takeWayIn(sql, userId, {
        async take(tx) {
          const [gone] = await tx<
            { name: string }[]
          >`DELETE FROM passkeys WHERE id = ${toUuid(id)}::text::uuid
            AND user_id = ${toUuid(userId)}::text::uuid RETURNING name`;
          // After it: whoever signed in by it at this moment was waited for.
          return gone && { name: gone.name, sessions: await endOpened(tx, userId, { id, keep }) };
        },
        noteOf,
      }),
    open: (id, counter, signIn) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        // The membership first, as whoever takes it away does: the two do not wait for each other in a circle.
        await tx`SELECT FROM memberships WHERE user_id = ${toUuid(signIn.userId)}::text::uuid
          AND org_id = ${toUuid(signIn.orgId)}::text::uuid FOR UPDATE`;
        // Held, so that of two who show the same counter at once the second finds it used.
        const [kept] = await tx<{ counter: string }[]>`SELECT counter FROM passkeys
          WHERE id = ${toUuid(id)}::text::uuid FOR UPDATE`;
        if (!kept) return undefined;
        if (!isNext(Number(kept.counter), counter)) return 'copied';
        await tx`UPDATE passkeys SET counter = ${counter}::bigint, last_used_at = now()
          WHERE id = ${toUuid(id)}::text::uuid`;
        return sessions.create(tx, signIn);
      }) as Promise<NewSession | 'copied' | undefined>,
  };
}

/** Of those that were opened by a passkey before it was written down which, any may be of this one. */
async function endOpened(
  tx: Sql,
  userId: UserId,
  { id, keep }: { id: PasskeyId; keep: SessionId },
): Promise<SessionId[]> {
  const rows = await tx<{ id: string }[]>`DELETE FROM sessions WHERE user_id = ${toUuid(userId)}::text::uuid
    AND how = 'passkey' AND coalesce(passkey_id, ${toUuid(id)}::text::uuid) = ${toUuid(id)}::text::uuid
    AND id <> ${toUuid(keep)}::text::uuid RETURNING id`;
  return rows.map((row) => fromUuid('session', row.id));
}

async function takeChallenge(sql: Sql, challenge: string, sessionId: SessionId | null): Promise<boolean> {
  const rows = await sql`DELETE FROM passkey_challenges WHERE challenge_hash = ${digest(challenge)}
    AND session_id IS NOT DISTINCT FROM ${sessionId && toUuid(sessionId)}::text::uuid AND expires_at > now()
    RETURNING challenge_hash`;
  return rows.length > 0;
}

/** A request that comes twice waits for its first: that has used up the challenge, so the key is asked for before. */
async function add(
  tx: Sql,
  userId: UserId,
  { once, challenge, prove, note }: Addition,
): Promise<AddedPasskey | undefined> {
  await lockWaysIn(tx, userId);
  const keys = keysBy(tx);
  const before = once && (await madeBefore<PasskeyId>(keys, once));
  if (before !== null) return { ...(await load(tx, userId, before)), isNew: false };
  const isOurs =
    challenge !== undefined && (await takeChallenge(tx, challenge.challenge, challenge.sessionId));
  const proved = isOurs ? await prove() : undefined;
  // The challenge stays used up.
  if (!proved) return undefined;
  const { id, isNew } = await makeOnceBy(keys, once, async () => {
    await insert(tx, userId, proved);
    await noteBy(tx, note);
    return { id: proved.id, isNew: true };
  });
  return { ...(await load(tx, userId, id)), isNew };
}

async function load(tx: Sql, userId: UserId, id: PasskeyId): Promise<Passkey> {
  const [row] = await tx<Row[]>`SELECT id, name, host, created_at, last_used_at FROM passkeys
    WHERE id = ${toUuid(id)}::text::uuid AND user_id = ${toUuid(userId)}::text::uuid`;
  if (!row) throw notFound('passkey', id);
  return toPasskey(row);
}

/** Whoever calls it holds the lock of the person's ways in, so that two do not count at once. */
async function insert(tx: Sql, userId: UserId, passkey: NewPasskey): Promise<void> {
  const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`SELECT count(*)::int AS count FROM passkeys
    WHERE user_id = ${toUuid(userId)}::text::uuid`;
  if (count >= MAX_PASSKEYS) {
    throw new SignalboxError('CONFLICT', `You have ${count} passkeys, and more are not kept.`, {
      advice: 'Remove one that you do not use any more.',
    });
  }
  const { id, credentialId, publicKey, counter, host, transports, name } = passkey;
  const made = await tx`
    INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, host, transports, name)
    VALUES (${toUuid(id)}::text::uuid, ${toUuid(userId)}::text::uuid, ${credentialId}, ${publicKey}, ${counter}::bigint,
      ${host}, ${JSON.stringify(transports)}::text::json, ${name})
    ON CONFLICT (credential_id) DO NOTHING RETURNING id`;
  if (made.length === 0) {
    throw new SignalboxError('CONFLICT', 'This passkey is known here already.', {
      advice: 'Sign in with it, or use another device or password manager for a second one.',
    });
  }
}

/** Authenticators that do not count say 0 for ever. */
const isNext = (kept: number, shown: number): boolean => shown > kept || (shown === 0 && kept === 0);

function toPasskey({ id, name, host, created_at, last_used_at }: Row): Passkey {
  return { id: fromUuid('passkey', id), name, host, createdAt: created_at, lastUsedAt: last_used_at };
}
