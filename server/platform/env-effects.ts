import { ENTRY_BYTES } from '#server/domain/workspace/limits.ts';
import type { EnvProblem } from './env-combinations.ts';
import { type Parsed, SETTINGS, type Setting, type SettingName } from './env-settings.ts';
import { isLoopback } from './env-values.ts';

/** What is known of the settings: a value that failed to parse is missing, and left to its own message. */
export interface KnownSettings {
  values: Partial<Parsed>;
  /** Somebody set it, and did not leave it to its default. */
  isGiven(name: string): boolean;
}

interface Rule {
  names: readonly SettingName[];
  /** Nothing reads what was set, whatever it is. */
  holds(known: KnownSettings): boolean;
  because: string;
  advice: string;
}

/** False where either is not known. */
const isAbove = (one: number | undefined, other: number | undefined): boolean =>
  one !== undefined && other !== undefined && one > other;

/** Whether people on other machines can get to the doors: the others are not limited. */
const isForThisMachine = ({ values }: KnownSettings): boolean =>
  isLoopback(values.SIGNALBOX_HOST ?? '') && values.SIGNALBOX_PUBLIC_URL === undefined;

/** As in `server/identity/apps/issuer.ts`: tokens travel by https, or stay on the machine. */
function canSignProgramsIn({ values }: KnownSettings): boolean {
  const { SIGNALBOX_PUBLIC_URL: publicUrl, SIGNALBOX_HOST: host } = values;
  if (publicUrl === undefined) return host === undefined || isLoopback(host);
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

/** For each, when nobody reads it although a role of the process does. */
const RULES: readonly Rule[] = [
  {
    names: ['SERVER_PORT'],
    holds: ({ values }) =>
      values.SIGNALBOX_ROLES?.includes('web') === false && values.SIGNALBOX_PUBLIC_URL !== undefined,
    because: 'this process listens nowhere, and links in messages begin with SIGNALBOX_PUBLIC_URL',
    advice: 'unset it for this process',
  },
  {
    names: ['SIGNALBOX_SESSION_IDLE_HOURS'],
    holds: ({ values }) =>
      isAbove(values.SIGNALBOX_SESSION_IDLE_HOURS, (values.SIGNALBOX_SESSION_MAX_DAYS ?? Number.NaN) * 24),
    because: 'everybody signs in again after SIGNALBOX_SESSION_MAX_DAYS, which is sooner',
    advice: 'lower it, or raise SIGNALBOX_SESSION_MAX_DAYS',
  },
  {
    names: ['SIGNALBOX_PAYLOAD_INLINE_MAX'],
    holds: ({ values }) => isAbove(values.SIGNALBOX_PAYLOAD_INLINE_MAX, values.SIGNALBOX_PAYLOAD_MAX),
    because: 'it is larger than SIGNALBOX_PAYLOAD_MAX, past which everything is refused',
    advice: 'lower it, or raise SIGNALBOX_PAYLOAD_MAX',
  },
  {
    names: ['SIGNALBOX_OUTBOX_MAX'],
    holds: ({ values }) => values.RABBITMQ_URL === undefined,
    because: 'without RabbitMQ messages travel within the process, which always takes them',
    advice: 'unset it, or set RABBITMQ_URL',
  },
  {
    names: ['SIGNALBOX_WORKSPACE_FILE_MAX_BYTES'],
    holds: ({ values }) =>
      isAbove(values.SIGNALBOX_WORKSPACE_FILE_MAX_BYTES, values.SIGNALBOX_WORKSPACE_MAX_BYTES),
    because: 'it is larger than SIGNALBOX_WORKSPACE_MAX_BYTES, which all files share',
    advice: 'lower it, or raise SIGNALBOX_WORKSPACE_MAX_BYTES',
  },
  {
    names: ['SIGNALBOX_WORKSPACE_MAX_FILES'],
    holds: ({ values }) =>
      isAbove(
        (values.SIGNALBOX_WORKSPACE_MAX_FILES ?? Number.NaN) * ENTRY_BYTES,
        values.SIGNALBOX_WORKSPACE_MAX_BYTES,
      ),
    because: `SIGNALBOX_WORKSPACE_MAX_BYTES is used up sooner: an empty file takes ${ENTRY_BYTES} bytes of it`,
    advice: 'lower it, or raise SIGNALBOX_WORKSPACE_MAX_BYTES',
  },
  {
    names: ['SIGNALBOX_SOCKETS_PER_ADDRESS'],
    holds: ({ values }) => isAbove(values.SIGNALBOX_SOCKETS_PER_ADDRESS, values.SIGNALBOX_SOCKETS_MAX),
    because: 'it is more than SIGNALBOX_SOCKETS_MAX, which holds for all addresses together',
    advice: 'lower it, or raise SIGNALBOX_SOCKETS_MAX',
  },
  {
    names: ['SIGNALBOX_RATE_READS', 'SIGNALBOX_RATE_WRITES', 'SIGNALBOX_RATE_AGENTS'],
    holds: (known) => isForThisMachine(known) && known.values.SIGNALBOX_TRUSTED_PROXIES === undefined,
    because: 'only this machine reaches the server, and it is never limited',
    advice: 'unset it, or set SIGNALBOX_HOST or SIGNALBOX_PUBLIC_URL so that others reach the server',
  },
  {
    names: ['SIGNALBOX_RUNS_PER_KEY_MINUTE'],
    holds: ({ values }) => isAbove(values.SIGNALBOX_RUNS_PER_KEY_MINUTE, values.SIGNALBOX_RUNS_PER_DAY),
    because: 'it is more than the whole organisation may start in a day by SIGNALBOX_RUNS_PER_DAY',
    advice: 'lower it, or raise SIGNALBOX_RUNS_PER_DAY',
  },
  {
    names: ['SIGNALBOX_MCP_SIGN_IN'],
    // Switched off where it could not be on anyway is what it is, and stays so when the address changes.
    holds: (known) => known.values.SIGNALBOX_MCP_SIGN_IN === true && !canSignProgramsIn(known),
    because: 'programs sign in only where the server is known by https, or to its own machine alone',
    advice: 'unset it, or set SIGNALBOX_PUBLIC_URL to an address with https',
  },
  {
    names: ['SIGNALBOX_MCP_PROGRAM_USER'],
    holds: ({ values }) => values.SIGNALBOX_MCP_PROGRAMS === undefined,
    because: 'no program is started unless SIGNALBOX_MCP_PROGRAMS names it',
    advice: 'unset it, or set SIGNALBOX_MCP_PROGRAMS',
  },
  {
    names: ['SIGNALBOX_MCP_IMPORT_VARIABLES'],
    holds: ({ values, isGiven }) =>
      (values.SIGNALBOX_MCP_IMPORT_VARIABLES ?? []).some((name) => !isGiven(name)),
    because: 'it names a variable that this process does not have',
    advice: 'set each variable that it names, or leave out what is not set',
  },
  {
    names: ['SIGNALBOX_MAIL_FROM'],
    holds: ({ values }) => values.SIGNALBOX_SMTP_URL === undefined,
    because: 'SIGNALBOX_SMTP_URL names no mail server',
    advice: 'unset it, or set SIGNALBOX_SMTP_URL',
  },
  {
    names: [
      'SIGNALBOX_S3_ENDPOINT',
      'SIGNALBOX_S3_REGION',
      'SIGNALBOX_S3_ACCESS_KEY_ID',
      'SIGNALBOX_S3_SECRET_ACCESS_KEY',
    ],
    holds: ({ values }) => values.SIGNALBOX_OBJECT_STORE?.kind !== 's3',
    because: 'SIGNALBOX_OBJECT_STORE names no bucket',
    advice: 'unset it, or set SIGNALBOX_OBJECT_STORE to s3://bucket',
  },
  {
    names: ['SIGNALBOX_HEALTH_LIMITS'],
    holds: ({ values }) =>
      values.SIGNALBOX_HEALTH_LIMITS?.hot_state_memory !== undefined && values.REDIS_URL === undefined,
    because: 'hot_state_memory is about the memory of Redis, and there is none',
    advice: 'leave hot_state_memory out, or set REDIS_URL',
  },
];

/** Settings that somebody set and nothing reads: who set them believes that something is so, and it is not. */
export function findWithoutEffect(known: KnownSettings): EnvProblem[] {
  const ofOthers = findReadByOthers(known);
  const isTold = new Set(ofOthers.map(({ name }) => name));
  const idle = RULES.flatMap(({ names, holds, because, advice }) =>
    names
      .filter((name) => known.isGiven(name) && known.values[name] !== undefined && !isTold.has(name))
      .filter(() => holds(known))
      .map((name) => ({ name, problem: `has no effect, because ${because}`, advice })),
  );
  return [...ofOthers, ...idle];
}

function findReadByOthers({ values, isGiven }: KnownSettings): EnvProblem[] {
  const roles = values.SIGNALBOX_ROLES;
  if (roles === undefined) return [];
  return Object.entries<Setting>(SETTINGS).flatMap(([name, { readBy }]) => {
    if (readBy === undefined || readBy.some((role) => roles.includes(role)) || !isGiven(name)) return [];
    const readers = readBy.join(' or ');
    return [
      {
        name,
        problem: `has no effect, because SIGNALBOX_ROLES is ${roles.join(',')}, and only processes with ${readers} read it`,
        advice: `unset it for this process, or add ${readers} to its SIGNALBOX_ROLES`,
      },
    ];
  });
}
