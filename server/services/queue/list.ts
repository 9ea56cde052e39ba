import { z } from 'zod';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { QueueDesk, Services } from '../context.ts';
import { orderField, type Page, pageOf, wholePageFields } from '../page.ts';
import { parseInput } from '../parse-input.ts';

export const isQueueOf =
  ({ tenantOfQueue }: Services, { orgId }: Actor) =>
  (queue: string): boolean =>
    tenantOfQueue(queue) === orgId;

export type QueueView = Awaited<ReturnType<QueueDesk['depths']>>[number];

export const QUEUE_SORTS = ['queue', 'messages', 'oldest'] as const;

const listSchema = z.strictObject({
  ...wholePageFields,
  /** Part of its name. */
  search: z.string().max(256).optional(),
  /** Something waits in it or is in hand. */
  busy: z.boolean().optional(),
  sort: z.enum(QUEUE_SORTS).default('queue'),
  order: orderField.default('asc'),
});

const SORTED: Record<(typeof QUEUE_SORTS)[number], (queue: QueueView) => string | number> = {
  queue: ({ queue }) => queue,
  messages: ({ messages }) => messages,
  oldest: ({ oldestAgeMs }) => oldestAgeMs ?? -1,
};

/** The queues of the actor's tenant; those that serve the whole installation are the default tenant's. */
export async function listQueues(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<QueueView>> {
  authorise(actor, 'queue.read');
  const { search = '', busy, sort, order, ...page } = parseInput(listSchema, input);
  const isMine = isQueueOf(services, actor);
  const meant = (await services.queues.depths()).filter(
    ({ queue, messages, unacked }) =>
      isMine(queue) &&
      queue.toLowerCase().includes(search.toLowerCase()) &&
      (busy === undefined || messages + unacked > 0 === busy),
  );
  const list = `queues ${sort} ${order}`;
  return pageOf(meant, { ...page, list, order, cursors: services.cursors }, (queue) => [
    SORTED[sort](queue),
    queue.queue,
  ]);
}
