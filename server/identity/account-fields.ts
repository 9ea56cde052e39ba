import { z } from 'zod';

/** One spelling for one address: case, look-alike forms and spaces around it do not make another account. */
export const emailSchema = z
  .string()
  .max(320)
  .transform((text) => text.normalize('NFKC').trim().toLowerCase())
  .pipe(z.email('must be an e-mail address').max(254));

export const personNameSchema = z.string().trim().min(1).max(200);

/** Length is what counts; there are no rules about signs. */
export const newPasswordSchema = z
  .string()
  .min(12, 'must have 12 characters or more')
  .max(1024, 'must have 1024 characters or fewer');

export const givenPasswordSchema = z.string().min(1).max(1024);
