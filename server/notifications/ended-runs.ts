import type { Sql } from '#db/client.ts';
import { addDeliveries } from '#db/queries/notification-deliveries.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { fromUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { NotificationBody } from '#server/domain/notifications.ts';
import type { RunStatus } from '#server/domain/statuses.ts';
import type { Links } from './links.ts';
import { listenersOf, readTargets, toDeliveries } from './listeners.ts';

export interface Telltale {
  sql: Sql;
  links: Links;
  newUuid(): string;
}

interface EndedRun {
  id: string;
  orgId: string;
  pipelineId: string | null;
  pipelineName: string | null;
  status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled'>;
  error: TaskError | null;
  notification: Json;
  createdAt: Date;
  finishedAt: Date;
}

const BATCH = 200;
const MAX_MESSAGE = 1000;

/**
 * Makes deliveries of runs that have ended. Taking a run off the outbox and putting its deliveries in are one
 * transaction, so that a death in between changes nothing; what another process is at is skipped. Says how many it took.
 */
export async function tellOfEndedRuns({ sql, links, newUuid }: Telltale): Promise<number> {
  return sql.begin(async (tx) => {
    const taken = await tx<{ runId: string }[]>`
      DELETE FROM notification_outbox WHERE id IN (
        SELECT id FROM notification_outbox ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
      RETURNING replace(run_id::text, '-', '') AS "runId"`;
    if (taken.length === 0) return 0;
    const ids = `{${taken.map(({ runId }) => runId).join(',')}}`;
    const runs = await tx<EndedRun[]>`
      SELECT replace(r.id::text, '-', '') AS id, replace(r.org_id::text, '-', '') AS "orgId",
        replace(r.pipeline_id::text, '-', '') AS "pipelineId", p.name AS "pipelineName", r.status, r.error,
        r.notification, r.created_at AS "createdAt", r.finished_at AS "finishedAt"
      FROM runs r LEFT JOIN pipelines p ON p.id = r.pipeline_id
      WHERE r.id = ANY (${ids}::text::uuid[]) AND r.finished_at IS NOT NULL`;
    const targets = await readTargets(tx as unknown as Sql, [...new Set(runs.map(({ orgId }) => orgId))]);
    const deliveries = runs.flatMap((run) => {
      const body = bodyOf(run, links);
      return toDeliveries(
        { orgId: run.orgId, runId: run.id, eventKey: `run.ended:${run.id}`, body },
        listenersOf(run, body.type, targets),
        newUuid,
      );
    });
    await addDeliveries(tx as unknown as Sql, deliveries);
    return taken.length;
  });
}

function bodyOf(run: EndedRun, links: Links): NotificationBody {
  const id = fromUuid('run', run.id);
  return {
    type: `run.${run.status}`,
    timestamp: run.finishedAt.toISOString(),
    data: {
      run_id: id,
      pipeline_id: run.pipelineId && fromUuid('pipe', run.pipelineId),
      pipeline_name: run.pipelineName,
      status: run.status,
      error: run.error && { code: run.error.code, message: run.error.message.slice(0, MAX_MESSAGE) },
      created_at: run.createdAt.toISOString(),
      finished_at: run.finishedAt.toISOString(),
      url: links.toRun(id),
    },
  };
}
