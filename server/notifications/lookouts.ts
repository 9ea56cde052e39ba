import type { Sql } from '#db/client.ts';
import { addDeliveries, type NewDelivery } from '#db/queries/notification-deliveries.ts';
import type { Wait } from '#server/domain/engine/events.ts';
import { fromUuid } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { TargetKind } from '#server/domain/notifications.ts';
import { explainWait } from '#server/domain/waiting.ts';
import type { Telltale } from './ended-runs.ts';
import { listenersOf, readTargets, toDeliveries } from './listeners.ts';

/** What is told of a state that lasts is looked for, not written down by whoever causes it. */
const LOOKOUT_LOCK = 0x5167_6e63;
const LIMIT = 200;

interface WaitingTask {
  runId: string;
  orgId: string;
  pipelineId: string | null;
  pipelineName: string | null;
  notification: Json;
  stage: string;
  capability: string;
  wait: Wait;
  since: Date;
  now: Date;
}

/**
 * One look for all of them. A lock that ends with the transaction lets one process look at a time; what is told is unique in
 * the database, so two that looked would tell it once. Says how much was found.
 */
export async function lookOut(telltale: Telltale, { waitMs }: { waitMs: number }): Promise<number> {
  return telltale.sql.begin(async (tx) => {
    const sql = tx as unknown as Sql;
    const [row] = await sql<{ got: boolean }[]>`SELECT pg_try_advisory_xact_lock(${LOOKOUT_LOCK}) AS got`;
    if (!row?.got) return 0;
    const found = [
      ...(await findWaiting({ ...telltale, sql }, waitMs)),
      ...(await findLost({ ...telltale, sql })),
      ...(await findSignedOut({ ...telltale, sql })),
    ];
    await addDeliveries(sql, found);
    return found.length;
  });
}

/**
 * Open runs in which a task has waited long for what only people can give, once for each run and code. A run in which a
 * task waits is looked at by the engine every 15 s, so its wake-up time is near: the index on that leads to it.
 */
async function findWaiting({ sql, links, newUuid }: Telltale, waitMs: number): Promise<NewDelivery[]> {
  const tasks = await sql<WaitingTask[]>`
    SELECT DISTINCT ON (r.id, t.wait ->> 'code') replace(r.id::text, '-', '') AS "runId",
      replace(r.org_id::text, '-', '') AS "orgId", replace(r.pipeline_id::text, '-', '') AS "pipelineId",
      p.name AS "pipelineName", r.notification, t.stage_key AS stage, t.capability, t.wait,
      coalesce(to_timestamp((t.wait ->> 'since')::float8 / 1000), t.ready_at) AS since, now() AS now
    FROM runs r JOIN tasks t ON t.run_id = r.id LEFT JOIN pipelines p ON p.id = r.pipeline_id
    WHERE r.wake_at < now() + interval '20 seconds' AND r.finished_at IS NULL
      AND (t.status = 'ready' AND t.wait ->> 'code' IN ('no-agent', 'quota')
        OR t.status = 'running' AND t.wait ->> 'code' IN ('approval', 'question'))
      AND coalesce(to_timestamp((t.wait ->> 'since')::float8 / 1000), t.ready_at) < now() - ${waitMs}::float8 * interval '1 ms'
      AND (coalesce(r.notification::text, 'null') NOT IN ('null', '{}') OR EXISTS (
        SELECT FROM notification_targets n WHERE n.org_id = r.org_id AND n.active AND 'run.waiting' = ANY (n.events)
          AND (n.pipeline_id IS NULL OR n.pipeline_id = r.pipeline_id)))
      AND NOT EXISTS (SELECT FROM notification_deliveries d WHERE d.org_id = r.org_id
        AND d.event_key = 'run.waiting:' || replace(r.id::text, '-', '') || ':' || (t.wait ->> 'code'))
    ORDER BY r.id, t.wait ->> 'code', t.ready_at LIMIT ${LIMIT}`;
  const targets = await readTargets(sql, [...new Set(tasks.map(({ orgId }) => orgId))]);
  return tasks.flatMap((task) => {
    const id = fromUuid('run', task.runId);
    const since = task.since.getTime();
    const { sentence, wayOut } = explainWait(task.wait, { capability: task.capability, since });
    const body = {
      type: 'run.waiting' as const,
      timestamp: task.now.toISOString(),
      data: {
        run_id: id,
        pipeline_id: task.pipelineId && fromUuid('pipe', task.pipelineId),
        pipeline_name: task.pipelineName,
        stage: task.stage,
        code: task.wait.code,
        reason: sentence,
        way_out: wayOut,
        since: task.since.toISOString(),
        url: links.toRun(id),
      },
    };
    const eventKey = `run.waiting:${task.runId}:${task.wait.code}`;
    return toDeliveries(
      { orgId: task.orgId, runId: task.runId, eventKey, body },
      listenersOf(task, body.type, targets),
      newUuid,
    );
  });
}

interface LostAgent {
  id: string;
  orgId: string;
  name: string;
  instance: string;
  since: Date;
  targetId: string;
  kind: TargetKind;
  address: string;
}

/** Agents that went silent after somebody began to listen; who was told to drain is meant to go. */
async function findLost({ sql, newUuid }: Telltale): Promise<NewDelivery[]> {
  const lost = await sql<LostAgent[]>`
    SELECT replace(a.id::text, '-', '') AS id, replace(a.org_id::text, '-', '') AS "orgId", a.name, a.instance, h.since,
      replace(n.id::text, '-', '') AS "targetId", n.kind, n.address
    FROM notification_targets n JOIN agents a ON a.org_id = n.org_id JOIN agent_health h ON h.agent_id = a.id
    WHERE n.active AND 'agent.lost' = ANY (n.events) AND h.state = 'offline' AND h.since >= n.created_at
      AND a.ordered IS DISTINCT FROM 'draining'
      AND NOT EXISTS (SELECT FROM notification_deliveries d WHERE d.org_id = a.org_id
        AND d.event_key = 'agent.lost:' || replace(a.id::text, '-', '') || ':' || floor(extract(epoch FROM h.since) * 1000)::bigint
        AND d.listener = replace(n.id::text, '-', ''))
    ORDER BY h.since LIMIT ${LIMIT}`;
  return lost.flatMap(({ id, orgId, name, instance, since, targetId, kind, address }) => {
    const at = since.toISOString();
    const data = { agent_id: fromUuid('agent', id), agent_name: name, agent_instance: instance, since: at };
    return toDeliveries(
      {
        ...{ orgId, runId: null },
        eventKey: `agent.lost:${id}:${since.getTime()}`,
        body: { type: 'agent.lost', timestamp: at, data },
      },
      [{ targetId, kind, address, name: targetId, askedBy: null }],
      newUuid,
    );
  });
}

interface SignedOut {
  orgId: string;
  connectionId: string;
  holderId: string;
  connection: string;
  person: string | null;
  problem: string | null;
  since: Date;
  targetId: string;
  kind: TargetKind;
  address: string;
}

/** Sign-ins at upstream MCP servers that have ended by themselves after somebody began to listen. Who signs out has no row. */
async function findSignedOut({ sql, links, newUuid }: Telltale): Promise<NewDelivery[]> {
  const found = await sql<SignedOut[]>`
    SELECT replace(s.org_id::text, '-', '') AS "orgId", replace(s.connection_id::text, '-', '') AS "connectionId",
      replace(s.holder_id::text, '-', '') AS "holderId", c.slug AS connection, u.name AS person, s.problem,
      s.changed_at AS since, replace(n.id::text, '-', '') AS "targetId", n.kind, n.address
    FROM notification_targets n JOIN mcp_sign_ins s ON s.org_id = n.org_id
      JOIN mcp_connections c ON c.id = s.connection_id LEFT JOIN users u ON u.id = s.user_id
    WHERE n.active AND 'sign-in.needed' = ANY (n.events) AND s.state = 'needed' AND s.changed_at >= n.created_at
      AND NOT EXISTS (SELECT FROM notification_deliveries d WHERE d.org_id = s.org_id
        AND d.event_key = 'sign-in.needed:' || replace(s.connection_id::text, '-', '') || ':' || replace(s.holder_id::text, '-', '')
          || ':' || floor(extract(epoch FROM s.changed_at) * 1000)::bigint
        AND d.listener = replace(n.id::text, '-', ''))
    ORDER BY s.changed_at LIMIT ${LIMIT}`;
  return found.flatMap((one) => {
    const { orgId, connectionId, holderId, connection, since, targetId, kind, address } = one;
    const id = fromUuid('mcpConnection', connectionId);
    const data = {
      ...{ connection_id: id, connection, person: one.person ?? 'everybody', reason: one.problem },
      way_out: 'Open the connection in the panel, and sign in there again.',
      ...{ since: since.toISOString(), url: links.toConnection(id) },
    };
    return toDeliveries(
      {
        ...{ orgId, runId: null },
        eventKey: `sign-in.needed:${connectionId}:${holderId}:${since.getTime()}`,
        body: { type: 'sign-in.needed', timestamp: since.toISOString(), data },
      },
      [{ targetId, kind, address, name: targetId, askedBy: null }],
      newUuid,
    );
  });
}
