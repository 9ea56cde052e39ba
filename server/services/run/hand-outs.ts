import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { loadRunRow } from './run-view.ts';

const handOutsSchema = z.strictObject({
  id: idSchema('run'),
  /** All of a run in one page, unless it is larger than any that is drawn. */
  limit: z.int().min(1).max(20_000).default(5_000),
  cursor: pageFields.cursor,
});

export interface HandOutView {
  /** Place in the pipeline. */
  stage: number;
  epoch: number;
  queuedAt: Date;
}

/** By its text: Postgres takes no entry apart in which an agent wrote what it has no character for, such as a zero. */
const QUEUED = '^\\s*{\\s*"type"\\s*:\\s*"task\\.queued"';

interface Row extends Record<string, unknown> {
  idx: number;
  epoch: number;
  queued_at: string;
}

/**
 * When each task was put into a queue. The events say so already, so the engine writes it nowhere else: a commit is paid for
 * with each stage, and this is read when somebody looks. What was sent a second time was handed out the first time.
 */
export async function listHandOuts(
  services: Services,
  actor: Actor,
  input: z.input<typeof handOutsSchema>,
): Promise<Page<HandOutView>> {
  authorise(actor, 'run.read');
  const { id, limit, cursor } = parseInput(handOutsSchema, input);
  const paging = { limit, cursors: services.cursors, list: `hand-outs ${id}` };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor).map(Number);
  const rows = await inTenant(services.db, actor.orgId, async (tx) => {
    await loadRunRow(tx, id);
    // Most commits of most runs hold none, and looking for a word in a text is much cheaper than taking it apart.
    return tx.execute<Row>(sql`
      SELECT (entry ->> 'task')::int AS idx, (entry ->> 'epoch')::int AS epoch, min(at) AS queued_at
      FROM run_events, json_array_elements(entries) AS entry
      WHERE run_id = ${toUuid(id)}::text::uuid AND org_id = (SELECT current_org())
        AND strpos(entries::text, '"task.queued"') > 0 AND entry::text ~ ${QUEUED}
      GROUP BY 1, 2
      ${after === undefined ? sql`` : sql`HAVING ((entry ->> 'task')::int, (entry ->> 'epoch')::int) > (${after[0]}::int, ${after[1]}::int)`}
      ORDER BY 1, 2 LIMIT ${limit + 1}`);
  });
  return toPage([...rows], paging, {
    placeOf: ({ idx, epoch }) => [String(idx), String(epoch)],
    toItems: ({ idx, epoch, queued_at }) => ({ stage: idx, epoch, queuedAt: new Date(queued_at) }),
  });
}
