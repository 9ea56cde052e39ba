import { type Actor, authorise } from '#server/identity/actor.ts';
import type { QueueDesk, Services } from '../context.ts';

export type QueueView = Awaited<ReturnType<QueueDesk['depths']>>[number];

export async function listQueues(services: Services, actor: Actor): Promise<QueueView[]> {
  authorise(actor, 'queue.read');
  return services.queues.depths();
}
