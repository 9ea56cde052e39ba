import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from './env.ts';

export type { Logger } from 'pino';

/** Fields that hold secrets wherever they turn up; what stands in texts is scrubbed by `scrubText`. */
const SECRET_FIELDS = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'url',
  'apiKey',
  'secretAccessKey',
];

const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi;
const BEARER = /\b(bearer)\s+[\w.~+/=-]+/gi;
const TOKEN_PARAMETER = /([?&](?:token|key|secret)=)[^&\s]+/gi;

export function scrubText(text: string): string {
  return text
    .replace(URL_CREDENTIALS, '$1[hidden]@')
    .replace(BEARER, '$1 [hidden]')
    .replace(TOKEN_PARAMETER, '$1[hidden]');
}

/** One JSON object a line, on standard error: standard output is for people. */
export function createLogger(
  level: LogLevel,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[hidden]',
      },
      hooks: {
        logMethod(args, method) {
          const scrubbed = args.map((arg: unknown) => (typeof arg === 'string' ? scrubText(arg) : arg));
          method.apply(this, scrubbed as Parameters<typeof method>);
        },
      },
      serializers: { err: serializeError, error: serializeError },
    },
    destination,
  );
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return scrubText(String(error));
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: scrubText(error.message),
    stack: scrubText(error.stack ?? ''),
    ...(code === undefined ? {} : { code }),
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  };
}
