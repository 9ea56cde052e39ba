import { z } from 'zod';
import type { DeadLetter, OpenedLetter } from '#server/services/queue/dead-letters.ts';
import type { QueueView } from '#server/services/queue/list.ts';
import { isoTime, time } from './values.ts';

export const queueSchema = z
  .object({
    queue: z.string(),
    messages: z.int(),
    consumers: z.int(),
    unacked: z
      .int()
      .describe(
        'Tasks that agents have taken from it and not ended, over all processes. Of queues without tasks: messages in the hands of the process that answers.',
      ),
    oldest_age_ms: z
      .number()
      .nullable()
      .describe(
        'Since the first of its tasks could have been begun, whichever process put it there. Null when none waits, and where RabbitMQ holds messages that are no tasks.',
      ),
    published_per_minute: z.int().describe('In the last minute, through the process that answers.'),
    delivered_per_minute: z.int(),
    returned_per_minute: z
      .int()
      .describe('Those of them that had been given back, or left by whoever took them.'),
  })
  .meta({ id: 'Queue' });

export function presentQueue(view: QueueView): z.input<typeof queueSchema> {
  const { queue, messages, consumers, unacked, oldestAgeMs, traffic } = view;
  return {
    ...{ queue, messages, consumers, unacked, oldest_age_ms: oldestAgeMs },
    published_per_minute: traffic.published,
    delivered_per_minute: traffic.delivered,
    returned_per_minute: traffic.returned,
  };
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
    bytes: z.int().describe('Of what lies in it.'),
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
    bytes: letter.body.byteLength,
    run_id: letter.runId,
    task_id: letter.taskId,
  };
}

export const openedLetterSchema = z
  .object({
    letter: deadLetterSchema,
    text: z
      .string()
      .nullable()
      .describe(
        'What lies in it, without what is named like a secret. Null for those who may not read payloads.',
      ),
    is_cut: z.boolean().describe('There is more of it.'),
    is_sensitive: z
      .boolean()
      .describe(
        'It may hold what is marked sensitive, so not everybody who may look into letters is shown it.',
      ),
  })
  .meta({ id: 'OpenedDeadLetter' });

export const presentOpenedLetter = ({
  letter,
  peek,
  isSensitive,
}: OpenedLetter): z.input<typeof openedLetterSchema> => ({
  letter: presentDeadLetter(letter),
  text: peek?.text ?? null,
  is_cut: peek?.isCut ?? false,
  is_sensitive: isSensitive,
});
