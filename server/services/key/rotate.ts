import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
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

/** New letters for the same key: role, scopes, networks and end stay. */
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
    const [before] = await tx.select().from(apiKeys).where(isIt).for('update');
    if (!before) throw notFound('key', id);
    // Whoever rotates a key is shown it.
    refuseBeyond(actor, before.role);
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
