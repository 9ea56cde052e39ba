import { z } from 'zod';
import type { Sql } from '#db/client.ts';
import type { NewDelivery } from '#db/queries/notification-deliveries.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import { MAX_DELIVERY_TRIES, type NotificationBody, type TargetKind } from '#server/domain/notifications.ts';

/** Whoever is to hear of something. */
export interface Listener {
  targetId: string | null;
  kind: TargetKind;
  address: string;
  /** Tells one from the others that hear of the same. */
  name: string;
  askedBy: JsonObject | null;
}

export interface ListeningTarget {
  id: string;
  orgId: string;
  kind: TargetKind;
  address: string;
  events: string[];
  pipelineId: string | null;
}

/** Of these tenants. There are as many as people have made. */
export function readTargets(sql: Sql, orgIds: readonly string[]): Promise<ListeningTarget[]> {
  return sql<ListeningTarget[]>`
    SELECT replace(id::text, '-', '') AS id, replace(org_id::text, '-', '') AS "orgId", kind, address, events,
      replace(pipeline_id::text, '-', '') AS "pipelineId" FROM notification_targets
    WHERE active AND org_id = ANY (${`{${orgIds.join(',')}}`}::text::uuid[])`;
}

/** Lenient: it was judged when the run was started, and what does not fit tells nobody. */
const askedSchema = z.object({
  webhook: z.string().optional().catch(undefined),
  email: z.string().optional().catch(undefined),
  asked_by: z
    .custom<JsonObject>((value) => isJsonObject(value as Json))
    .optional()
    .catch(undefined),
});

export interface About {
  orgId: string;
  pipelineId: string | null;
  notification: Json;
}

/** Those whom the run names, and the targets of its tenant that listen to this. */
export function listenersOf(
  { orgId, pipelineId, notification }: About,
  event: NotificationBody['type'],
  targets: readonly ListeningTarget[],
): Listener[] {
  const asked = askedSchema.safeParse(notification ?? {}).data ?? {};
  const own: Listener[] = [];
  const by = { targetId: null, askedBy: asked.asked_by ?? null };
  if (asked.webhook) own.push({ ...by, kind: 'webhook', address: asked.webhook, name: 'run webhook' });
  if (asked.email) own.push({ ...by, kind: 'email', address: asked.email, name: 'run email' });
  const listening = targets.filter(
    (target) =>
      target.orgId === orgId &&
      target.events.includes(event) &&
      (target.pipelineId === null || target.pipelineId === pipelineId),
  );
  return [
    ...own,
    ...listening.map(({ id, kind, address }) => ({ targetId: id, kind, address, name: id, askedBy: null })),
  ];
}

export interface Telling {
  orgId: string;
  runId: string | null;
  /** Of what happened; told to each listener once. */
  eventKey: string;
  body: NotificationBody;
}

export function toDeliveries(
  { orgId, runId, eventKey, body }: Telling,
  listeners: readonly Listener[],
  newUuid: () => string,
): NewDelivery[] {
  return listeners.map(({ targetId, kind, address, name, askedBy }) => ({
    id: newUuid().replaceAll('-', ''),
    ...{ orgId, targetId, kind, address, eventKey, runId, askedBy, body },
    event: body.type,
    listener: name,
    triesLeft: MAX_DELIVERY_TRIES,
  }));
}
