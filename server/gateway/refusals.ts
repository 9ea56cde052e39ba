import { SignalboxError } from '#server/domain/errors.ts';
import type { Connection } from './tenant/directory.ts';

/** Marks what we refuse; the server's health is not judged by it. */
export const OUR_REFUSAL = Object.freeze({ refused: true });

export const isOurRefusal = (error: unknown): error is SignalboxError =>
  error instanceof SignalboxError &&
  (error.details as { refused?: unknown } | undefined | null)?.refused === true;

export function refused({ slug }: Pick<Connection, 'slug'>, what: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', `${slug} ${what}.`, {
    advice: 'The call was ended. Ask an owner or admin whether this server is to be trusted.',
    details: OUR_REFUSAL,
  });
}
