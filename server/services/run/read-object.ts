import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { runObjects } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

const readSchema = z.strictObject({ id: idSchema('run'), hash: z.string().regex(/^[0-9a-f]{64}$/) });

export interface ObjectRead {
  bytes: number;
  /** Ends with an error when the bytes are not those of the hash. */
  content: AsyncIterable<Uint8Array>;
  contentType: string;
}

/** Objects have no owner of their own: who may see a run may read what the run refers to. */
export async function readRunObject(
  services: Services,
  actor: Actor,
  input: z.input<typeof readSchema>,
): Promise<ObjectRead> {
  authorise(actor, 'run.read');
  const { id, hash } = parseInput(readSchema, input);
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(runObjects)
      .where(and(eq(runObjects.runId, toUuid(id)), eq(runObjects.hash, hash))),
  );
  if (!row) throw notFound('object', `${hash} in ${id}`);
  return { ...(await services.payloads.open(hash)), contentType: row.contentType };
}
