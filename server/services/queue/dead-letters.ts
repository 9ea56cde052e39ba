import { z } from 'zod';
import { notFound } from '#server/domain/errors.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { DeadLetterView, Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { isQueueOf } from './list.ts';

const listSchema = z.strictObject({ limit: z.int().min(1).max(500).default(100) });
const replaySchema = z.strictObject({ id: z.string().min(1).max(256) });
const discardSchema = z.strictObject({
  id: z.string().min(1).max(256),
  reason: z.string().trim().min(1, 'must say why, for those who look for it later').max(1000),
});

export async function listDeadLetters(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<DeadLetterView[]> {
  authorise(actor, 'queue.inspect');
  const { limit } = parseInput(listSchema, input);
  return services.queues.listDeadLetters(limit, isQueueOf(services, actor));
}

export async function replayDeadLetter(
  services: Services,
  actor: Actor,
  input: z.input<typeof replaySchema>,
): Promise<void> {
  authorise(actor, 'queue.operate');
  const { id } = parseInput(replaySchema, input);
  const isDone = await services.queues.replayDeadLetter(id, isQueueOf(services, actor));
  if (!isDone) throw notFound('dead letter', id);
  await services.record(actor, 'dead-letter.replayed', { target: id });
}

export async function discardDeadLetter(
  services: Services,
  actor: Actor,
  input: z.input<typeof discardSchema>,
): Promise<void> {
  authorise(actor, 'queue.operate');
  const { id, reason } = parseInput(discardSchema, input);
  const isDone = await services.queues.discardDeadLetter(id, reason, isQueueOf(services, actor));
  if (!isDone) throw notFound('dead letter', id);
  await services.record(actor, 'dead-letter.discarded', { target: id, reason });
}
