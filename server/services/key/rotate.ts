import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound, SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { lastFour, makeKey } from '#server/identity/key-format.ts';
import { digest } from '#server/identity/tokens.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { refuseBeyond } from './create.ts';
import { type NewKey, toKeyView } from './key-view.ts';

const rotateSchema = z.strictObject({
  id: idSchema('key'),
  /** How long the old letters count beside the new ones, so that programs can change over. 0: not at all. */
  overlapHours: z.int().min(0).max(720).default(24),
});

/**
 * New letters for the same key: role, scopes, networks and end stay, and so does whose it is. Whoever rotates a key is shown
 * it and could act as its maker from then on, so only its maker does. Two count at most, and while both do either may be in
 * use: then more are refused, unless all before shall end.
 */
export async function rotateKey(
  services: Services,
  actor: Actor,
  input: z.input<typeof rotateSchema>,
): Promise<NewKey> {
  authorise(actor, 'key.manage');
  const { id, overlapHours } = parseInput(rotateSchema, input);
  const key = makeKey('key', id);
  const row = await inTenant(services.db, actor.orgId, async (tx) => {
    const isIt = and(eq(apiKeys.id, toUuid(id)), isNull(apiKeys.revokedAt));
    const [before] = await tx
      .select({
        ...{ role: apiKeys.role, secretHash: apiKeys.secretHash, previousUntil: apiKeys.previousUntil },
        ...{ madeBy: apiKeys.madeBy, lastFour: apiKeys.lastFour },
        countTwo: sql<boolean>`coalesce(${apiKeys.previousUntil} > now(), false)`,
      })
      .from(apiKeys)
      .where(isIt)
      .for('update');
    if (!before) throw notFound('key', id);
    if ((before.madeBy && fromUuid('user', before.madeBy)) !== actor.userId) throw madeBySomebodyElse(id);
    // They may have been more when they made it.
    refuseBeyond(actor, before.role);
    if (before.countTwo && overlapHours > 0) throw stillChanging(before.previousUntil);
    const [after] = await tx
      .update(apiKeys)
      .set({
        secretHash: digest(key),
        lastFour: lastFour(key),
        previousHash: overlapHours === 0 ? null : before.secretHash,
        previousUntil: overlapHours === 0 ? null : sql`now() + ${overlapHours}::int * interval '1 hour'`,
      })
      .where(isIt)
      .returning();
    const change = {
      before: { last_four: before.lastFour },
      after: { last_four: lastFour(key), overlap_hours: overlapHours },
    };
    await noteIn(tx, auditNote(actor, 'key.rotated', { target: id, ...change }));
    return after;
  });
  if (!row) throw new Error('the rotation wrote no row');
  await services.identity.access.changed(id);
  return { ...toKeyView(row), key };
}

function madeBySomebodyElse(id: string): SignalboxError {
  return new SignalboxError(
    'FORBIDDEN',
    `Somebody else has made ${id}: its letters are shown to nobody else.`,
    {
      advice: 'Let them rotate it, or revoke it and make one of your own.',
    },
  );
}

const stillChanging = (until: Date | null) =>
  new SignalboxError(
    'CONFLICT',
    `This key was rotated not long ago: the letters from before that count until ${until?.toISOString()}, and new ones would end them now.`,
    {
      advice:
        'Bring its programs over to the newest letters and wait for that, make another key, or rotate with an overlap of 0 hours, which ends all earlier letters at once.',
    },
  );
