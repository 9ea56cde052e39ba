import { SignalboxError } from '#server/domain/errors.ts';

/** Why a request has failed, and what to do about it. */
type Words = readonly [why: string, advice: string];

const CUT: Words = [
  'the other side ended the connection',
  'Try again; if it stays so, look into the log of that server.',
];
const SLOW: Words = ['it took too long', 'Try again; if it stays so, look how that server does.'];
const UNKNOWN_NAME: Words = [
  'no address is known for that name',
  'Look for a typing error in it, and whether the name is known where Signalbox runs.',
];
const UNREACHABLE: Words = [
  'there is no way to that address from here',
  'Look at the address, and at networks and firewalls between Signalbox and that server.',
];
const UNTRUSTED: Words = [
  'its certificate is not to be trusted',
  'Have it renewed for that name, or name its issuer in NODE_EXTRA_CA_CERTS and start Signalbox again.',
];

const WORDS: Readonly<Record<string, Words>> = {
  ENOTFOUND: UNKNOWN_NAME,
  ENODATA: UNKNOWN_NAME,
  EAI_AGAIN: [
    'the name could not be looked up just now',
    'Try again; if it stays so, look at the DNS of this machine.',
  ],
  ECONNREFUSED: ['nothing listens at that address and port', 'Start that server, or correct the port.'],
  ECONNRESET: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  UND_ERR_CONNECT_TIMEOUT: UNREACHABLE,
  UND_ERR_HEADERS_TIMEOUT: SLOW,
  CERT_HAS_EXPIRED: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED,
};

/** Nothing was sent: whoever would be reached has seen nothing of it. */
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** The other side, or somebody between, has ended a connection on which an answer was waited for. */
export const isCutOff = (error: unknown): boolean =>
  WORDS[String((error as { code?: unknown } | undefined)?.code)] === CUT;

/** What became of a request, for people: what happened, why, and what to do. */
export function toFetchError(error: unknown): SignalboxError {
  if (error instanceof SignalboxError) return error;
  const { code, name, message } = error as { code?: unknown; name?: unknown; message?: unknown };
  const isTimeout = name === 'TimeoutError' || (name === 'AbortError' && code === 'ABORT_ERR');
  const [why, advice] = (isTimeout ? SLOW : WORDS[String(code)]) ?? [String(code ?? message)];
  return new SignalboxError('UNAVAILABLE', `The request failed: ${why}.`, {
    cause: error,
    ...(advice === undefined ? {} : { advice }),
    details: { reached: !UNSENT.has(String(code)) },
  });
}
