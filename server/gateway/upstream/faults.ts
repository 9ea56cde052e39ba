import {
  ProtocolError,
  ProtocolErrorCode,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import { SignalboxError } from '#server/domain/errors.ts';
import { isCutOff } from '#server/platform/fetch-faults.ts';
import { lossIn } from '../http/session-transport.ts';
import { isOurRefusal } from '../refusals.ts';

const MAX_WORDS = 500;

/** What became of a call that was not answered. */
export interface Failure {
  error: SignalboxError;
  /** The session is of no use any more. */
  isSessionOver: boolean;
  /** It certainly never came to be worked on, so it may be sent again. */
  isUnsent: boolean;
  /** It may have been worked on, and nobody will hear what came of it. */
  isLost?: true;
}

/** `hide` takes credentials out of what a server has written. */
export function toFailure(given: unknown, hide: (text: string) => string): Failure {
  const error = lossIn(given) ?? given;
  const own = ownErrorIn(error);
  if (isCutOff(error) || isCutOff(own?.cause)) return lost();
  if (own) {
    const isRefused = isOurRefusal(own);
    const isSessionOver = own.code !== 'TOO_LARGE' && !isRefused;
    return { error: own, isSessionOver, isUnsent: own.code === 'FORBIDDEN' && !isRefused };
  }
  if (error instanceof SdkHttpError) return ofHttp(error);
  if (error instanceof SdkError) return ofSdk(error, hide);
  if (error instanceof ProtocolError) return ofProtocol(error, hide);
  // Its message begins with what was read.
  if (error instanceof SyntaxError) {
    const problem = fault('The server answered with what is no JSON.');
    return { error: problem, isSessionOver: true, isUnsent: false };
  }
  const words = hide(error instanceof Error ? error.message : String(error)).slice(0, MAX_WORDS);
  return { error: fault(`The server could not be used: ${words}`), isSessionOver: true, isUnsent: false };
}

/** Whether nothing of it can have come to the server, as nobody listened there or it was turned away at the door. */
export function isNeverSent(given: unknown): boolean {
  const own = ownErrorIn(lossIn(given) ?? given);
  const { reached } = (own?.details ?? {}) as { reached?: unknown };
  return reached === false || toFailure(given, (text) => text).isUnsent;
}

/** An error that the server answered with, as the protocol has them; null: something else is wrong. */
export function answeredError(
  error: unknown,
  hide: (text: string) => string,
): { words: string; code: number } | null {
  if (!(error instanceof ProtocolError) || error.code === ProtocolErrorCode.InternalError) return null;
  return { words: hide(error.message).slice(0, MAX_WORDS), code: error.code };
}

/** It broke at this one call. Others on the same session are not held up for that. */
function ofProtocol({ message, code }: ProtocolError, hide: (text: string) => string): Failure {
  const words = hide(message).slice(0, MAX_WORDS);
  return {
    error: fault(`The server failed (${code}): ${words}`),
    isSessionOver: false,
    isUnsent: false,
  };
}

/** For those who look how a connection does: what a server says of a call may quote it, and that is not theirs to read. */
export const shownFault = (error: unknown, known: SignalboxError): string =>
  error instanceof ProtocolError
    ? `The server failed at a call (${error.code}). What it said is in the log of calls.`
    : wordsOf(known);

function ofHttp(error: SdkHttpError): Failure {
  const status = error.status ?? 0;
  if (status === 401 || status === 403) {
    const why = `The server refuses the credentials (HTTP ${status}).`;
    return {
      error: fault(why, 'Store valid credentials with the connection.'),
      isSessionOver: true,
      isUnsent: true,
    };
  }
  // An old server knows our session no more.
  if (status === 404)
    return { error: fault('The server has forgotten the session.'), isSessionOver: true, isUnsent: true };
  const said =
    status === 0 ? 'The server did not answer as it should.' : `The server answered with HTTP ${status}.`;
  // It broke at this one, or something in between did: in the same session others may wait for people.
  return { error: fault(said), isSessionOver: status < 500, isUnsent: false };
}

function ofSdk(error: SdkError, hide: (text: string) => string): Failure {
  switch (error.code) {
    case SdkErrorCode.RequestTimeout:
      return { error: fault('The server took too long.'), isSessionOver: false, isUnsent: false };
    case SdkErrorCode.NotConnected:
      return { error: fault('The connection had ended.'), isSessionOver: true, isUnsent: true };
    case SdkErrorCode.ConnectionClosed:
      return lost();
    default: {
      const words = hide(error.message).slice(0, MAX_WORDS);
      return { error: fault(`The server could not be used: ${words}`), isSessionOver: true, isUnsent: false };
    }
  }
}

/** The line of this one is gone. The session may stand: whether it does the next call finds out, and others may have their answer. */
function lost(): Failure {
  const problem = fault(
    'The server ended the connection before it had answered.',
    'What was asked for may have been done all the same: look whether it was before you ask for it again.',
  );
  return { error: problem, isSessionOver: false, isUnsent: false, isLost: true };
}

/** What happened and what to do, for whoever looks how a connection does. */
export const wordsOf = ({ message, advice }: SignalboxError): string =>
  advice === undefined ? message : `${message} ${advice}`;

/** Ours may stand behind what the client's library made of it. */
export function ownErrorIn(error: unknown): SignalboxError | null {
  let each: unknown = error;
  for (let depth = 0; depth < 8 && each !== null && typeof each === 'object'; depth += 1) {
    if (each instanceof SignalboxError) return each;
    const { cause, data } = each as { cause?: unknown; data?: { cause?: unknown } };
    each = cause ?? data?.cause;
  }
  return null;
}

function fault(message: string, advice?: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', message, advice === undefined ? {} : { advice });
}
