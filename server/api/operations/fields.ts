import { z } from 'zod';
import { invalid } from '#server/domain/errors.ts';
import { givenPasswordSchema } from '#server/identity/account-fields.ts';
import { isOwnKey } from '#server/services/make-once.ts';

/** Input fields that many operations share. */
export const limitField = (max: number, normal: number) =>
  z.int().min(1).max(max).default(normal).describe('How many to answer with.');

export const pageInput = {
  limit: limitField(200, 50),
  cursor: z.string().max(1024).optional().describe('The `next_cursor` of the page before.'),
};

/** Of lists that were answered whole before they had pages. */
export const wholePageInput = { ...pageInput, limit: limitField(1000, 1000) };

export const orderInput = z.enum(['asc', 'desc']).optional();

export const durationInput = z.number().min(0).max(1e12).optional();

/** When it was made. */
export const createdInput = {
  created_after: z.iso.datetime({ offset: true }).optional(),
  created_before: z.iso.datetime({ offset: true }).optional(),
};

export const withCreated = <
  Input extends { created_after?: string | undefined; created_before?: string | undefined },
>({
  created_after,
  created_before,
  ...input
}: Input) => ({ ...input, createdAfter: created_after, createdBefore: created_before });

/** Of a draft: the quoted number that its ETag is. */
export const ifMatch = z
  .string()
  .regex(/^(W\/)?"\d{1,9}"$/, 'must be the ETag of the draft, such as "3"')
  .optional()
  .describe('The ETag of the draft that the change was made on; instead of it, `revision` may say so.');

export const revisionField = z.int().min(1).optional().describe('Instead of If-Match.');

export function revisionOf(input: { if_match?: string | undefined; revision?: number | undefined }): number {
  const revision = input.revision ?? Number(/\d+/.exec(input.if_match ?? '')?.[0]);
  if (Number.isSafeInteger(revision)) return revision;
  throw invalid(
    'Which draft the change was made on is not said.',
    undefined,
    'Send the ETag of the draft as If-Match, or its revision.',
  );
}

export const etagOf = (revision: number): string => `"${revision}"`;

export const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .refine((key) => !isOwnKey(key), 'begins as those do that Signalbox makes itself: choose another')
  .optional()
  .describe('The same key with the same request is answered with what the first one made.');

/** For the description of what answers with a secret. */
export const shownOnce =
  'The same `Idempotency-Key` again is refused with the id of what the first call made: its secret is kept nowhere.';

/** A proof that it is their account, for what would let somebody into it or lock its person out. */
export const presentPassword = givenPasswordSchema
  .optional()
  .describe('Asked for when there is one. Without one, you must have signed in just now.');
