import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { parseTaskId, taskIdSchema } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { loadRunRow } from '../run/run-view.ts';
import { type LogLine, loadLogs } from './get.ts';

const logsSchema = z.strictObject({
  id: taskIdSchema,
  limit: z.int().min(1).max(10_000).default(1000),
});

export async function listTaskLogs(
  services: Services,
  actor: Actor,
  input: z.input<typeof logsSchema>,
): Promise<LogLine[]> {
  authorise(actor, 'run.logs');
  const { id, limit } = parseInput(logsSchema, input);
  const place = parseTaskId(id);
  if (!place) throw notFound('task', id);
  return inTenant(services.db, actor.orgId, async (tx) => {
    await loadRunRow(tx, place.runId);
    return loadLogs(tx, place, limit);
  });
}
