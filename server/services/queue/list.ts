import { type Actor, authorise } from '#server/identity/actor.ts';
import type { QueueDesk, Services } from '../context.ts';

export const isQueueOf =
  ({ tenantOfQueue }: Services, { orgId }: Actor) =>
  (queue: string): boolean =>
    tenantOfQueue(queue) === orgId;

export type QueueView = Awaited<ReturnType<QueueDesk['depths']>>[number];

/** The queues of the actor's tenant; those that serve the whole installation are the default tenant's. */
export async function listQueues(services: Services, actor: Actor): Promise<QueueView[]> {
  authorise(actor, 'queue.read');
  return (await services.queues.depths()).filter(({ queue }) => isQueueOf(services, actor)(queue));
}
