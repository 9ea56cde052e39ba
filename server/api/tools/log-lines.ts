import { z } from 'zod';
import { taskIdSchema } from '#server/domain/ids.ts';
import type { LogLine } from '#server/services/task/get.ts';
import { isoTime, time } from '../wire/values.ts';

export const logLinesSchema = z.array(
  z.object({ task_id: taskIdSchema.optional(), at: time, level: z.string(), message: z.string() }),
);

const MAX_MESSAGE = 2000;

export function presentLine({ at, level, message }: LogLine) {
  const more = message.length - MAX_MESSAGE;
  const text = more > 0 ? `${message.slice(0, MAX_MESSAGE)}… (${more} more)` : message;
  return { at: isoTime(at), level, message: text };
}
