import { z } from 'zod';
import type { DeadLetter } from '#server/services/queue/dead-letters.ts';
import type { QueueView } from '#server/services/queue/list.ts';
import { isoTime, time } from './values.ts';

export const queueSchema = z
  .object({
    queue: z.string(),
    messages: z.int(),
    consumers: z.int(),
    unacked: z.int(),
    oldest_age_ms: z.number().nullable(),
  })
  .meta({ id: 'Queue' });

export function presentQueue(view: QueueView): z.input<typeof queueSchema> {
  const { queue, messages, consumers, unacked, oldestAgeMs } = view;
  return { queue, messages, consumers, unacked, oldest_age_ms: oldestAgeMs };
}

export const deadLetterSchema = z
  .object({
    id: z.string(),
    message_id: z.string(),
    queue: z.string(),
    reason: z.string(),
    dead_at: time.nullable(),
    redeliveries: z.int(),
    priority: z.string(),
    body: z.string(),
    /** Of a task that every agent died of; null for a message. */
    run_id: z.string().nullable(),
    task_id: z.string().nullable(),
  })
  .meta({ id: 'DeadLetter' });

export function presentDeadLetter(letter: DeadLetter): z.input<typeof deadLetterSchema> {
  return {
    id: letter.id,
    message_id: letter.messageId,
    queue: letter.queue,
    reason: letter.reason,
    dead_at: letter.deadAt === null ? null : isoTime(new Date(letter.deadAt)),
    redeliveries: letter.redeliveries,
    priority: letter.priority,
    body: Buffer.from(letter.body).toString('utf8'),
    run_id: letter.runId,
    task_id: letter.taskId,
  };
}
