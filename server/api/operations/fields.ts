import { z } from 'zod';

/** Input fields that many operations share. */
export const limitField = (max: number, normal: number) =>
  z.int().min(1).max(max).default(normal).describe('How many to answer with.');

export const pageInput = {
  limit: limitField(200, 50),
  cursor: z.string().max(1024).optional().describe('The `next_cursor` of the page before.'),
};

export const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .describe('The same key with the same request is answered with what the first one made.');
