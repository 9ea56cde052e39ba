import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { toUuid, type UserId } from '#server/domain/ids.ts';
import { type AuditNote, noteBy } from './audit/note.ts';

/**
 * One change after the other of how somebody signs in: two that are each other's last way in do not both go. It lets
 * through who refers to the row, such as a new session, which may hold the passkey that is waited for here.
 */
export async function lockWaysIn(tx: Sql, userId: UserId): Promise<void> {
  await tx`SELECT FROM users WHERE id = ${toUuid(userId)}::text::uuid FOR NO KEY UPDATE`;
}

/**
 * Takes one of somebody's ways in away, with the note of it. Undefined: it is not there. Refused for the last one: beside
 * the password, the accounts elsewhere and the passkeys there is only the link of the start, which is the owner's.
 */
export function takeWayIn<Taken>(
  sql: Sql,
  userId: UserId,
  { take, noteOf }: { take(tx: Sql): Promise<Taken | undefined>; noteOf(taken: Taken): AuditNote },
): Promise<Taken | undefined> {
  return sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    await lockWaysIn(tx, userId);
    const taken = await take(tx);
    if (taken === undefined) return undefined;
    if (!(await hasWayIn(tx, userId))) throw lastWayIn();
    await noteBy(tx, noteOf(taken));
    return taken;
  }) as Promise<Taken | undefined>;
}

export async function hasWayIn(sql: Sql, userId: UserId): Promise<boolean> {
  const [row] = await sql<{ has: boolean }[]>`
    SELECT u.password_hash IS NOT NULL
      OR EXISTS (SELECT FROM linked_identities l WHERE l.user_id = u.id)
      OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = u.id) AS has
    FROM users u WHERE u.id = ${toUuid(userId)}::text::uuid`;
  return row?.has === true;
}

function lastWayIn(): SignalboxError {
  return new SignalboxError('CONFLICT', 'You would have no way to sign in again.', {
    advice: 'Set a password first, add a passkey, or link another account.',
  });
}
