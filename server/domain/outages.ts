import { SignalboxError } from './errors.ts';

/** As drivers call it when what they speak to is not there, or goes away in the middle. */
const OF_CLIENTS = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  // While a container is made anew its name may lead nowhere, and its address be nobody's.
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
]);
/** Classes of states of Postgres: its connections, what it has of memory and disk, who runs it, and its system. */
const OF_POSTGRES = ['08', '53', '57', '58'];
/** A cause of a cause of a cause. */
const DEPTH = 4;

/** Whether something that we stand on was away: no fault of ours, and it may be over soon. */
export function isOutage(error: unknown): boolean {
  let each = error;
  for (let depth = 0; depth < DEPTH && each instanceof Error; depth += 1, each = each.cause) {
    const code = String((each as { code?: unknown }).code ?? '');
    if (OF_CLIENTS.has(code) || (code.length === 5 && OF_POSTGRES.includes(code.slice(0, 2)))) return true;
  }
  return false;
}

/** The same of everything that we stand on: also of an object store, whose errors are ours already. */
export const isAway = (error: unknown): boolean =>
  isOutage(error) || (error instanceof SignalboxError && error.code === 'UNAVAILABLE');
