import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema } from '#server/domain/ids.ts';
import type { Said } from '#server/domain/said.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { loadRunRow, marksOf } from './run-view.ts';
import { type Shown, showSaid } from './shown.ts';

const saidSchema = z.strictObject({
  id: idSchema('run'),
  /** The last one seen; left out: from the oldest that is kept. */
  after: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/)
    .optional(),
  limit: z.int().min(1).max(1000).default(100),
});

/** What agents say of a run just now, in the order in which it came from all its stages. */
export async function listSaid(
  services: Services,
  actor: Actor,
  input: z.input<typeof saidSchema>,
): Promise<(Said & Shown)[]> {
  authorise(actor, 'run.logs');
  const { id, after = null, limit } = parseInput(saidSchema, input);
  const marks = await inTenant(services.db, actor.orgId, async (tx) =>
    marksOf(services, await loadRunRow(tx, id)),
  );
  const mayReadNotes = may(actor, 'run.payload');
  return (await services.said(id, { after, limit })).map((said) =>
    showSaid(said, { isQuiet: marks.stages[said.stage]?.isQuiet ?? false, mayReadNotes }),
  );
}
