import { isAbsolute, join, resolve } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import { CONDITION_LIMITS, type ConditionLimits } from './conditions.ts';
import { checkEnvCombinations, type EnvProblem } from './env-combinations.ts';
import { findWithoutEffect } from './env-effects.ts';
import { type Parsed, SETTINGS, type Setting, type SettingName } from './env-settings.ts';
import { isLoopback, type LogLevel, type ObjectStoreTarget, type Role } from './env-values.ts';

export type { EnvProblem } from './env-combinations.ts';
export type { LogLevel, Role } from './env-values.ts';

export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type ObjectStoreConfig =
  | { readonly kind: 'folder'; readonly path: string }
  | ({ readonly kind: 's3'; readonly bucket: string; readonly prefix: string } & S3Access);

/** The whole configuration of a process, parsed once at start and passed on; nothing else reads `process.env`. */
export interface Env {
  readonly port: number;
  readonly host: string;
  /** Nobody but this machine reaches the server. */
  readonly isLocalOnly: boolean;
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly identityFile: string | undefined;
  readonly sessionLimits: { readonly idleMs: number; readonly maxMs: number };
  readonly roles: ReadonlySet<Role>;
  readonly dataDir: string;
  readonly isDev: boolean;
  /** Undefined: the embedded adapter. */
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly rabbitmqUrl: string | undefined;
  readonly objectStore: ObjectStoreConfig;
  /** Private networks that outbound requests may enter, as CIDR. */
  readonly outboundAllow: readonly string[];
  /** The settings that guard the installation, as the audit shows them; null: unset. */
  readonly guards: { readonly settings: GuardTexts; readonly defaults: GuardTexts };
  /** Undefined: mails are not sent. */
  readonly mailServer: { readonly url: string; readonly from: string } | undefined;
  /** So long a task waits for people before they are told. */
  readonly notifyWaitMs: number;
  readonly mcp: {
    /** Programs may send people here to let them in. */
    readonly isSignInOn: boolean;
    readonly programs: readonly { name: string; command: string; args: readonly string[] }[];
    /** Whom they run as. */
    readonly programUser: string | undefined;
    /** What an import may put in place of `${NAME}`. */
    readonly importVariables: Readonly<Record<string, string>>;
    readonly keepDays: { readonly calls: number; readonly approvals: number; readonly usage: number };
  };
  /** From where on a condition of the health is triggered. */
  readonly healthLimits: ConditionLimits;
  readonly maxAgents: number;
  /** Undefined: no limit but that of agents and queues. */
  readonly maxConcurrentTasks: number | undefined;
  readonly taskTimeoutMs: number;
  readonly payloadInlineMaxBytes: number;
  readonly payloadMaxBytes: number;
  readonly outboxMax: number;
  readonly workspaces: {
    readonly maxBytes: number;
    readonly maxFiles: number;
    readonly fileMaxBytes: number;
  };
  readonly taskStateTtlSeconds: number;
  readonly streamMaxEntries: number;
  readonly sockets: { readonly max: number; readonly perActor: number; readonly perAddress: number };
  /** Calls in a minute, for each caller. */
  readonly rates: {
    readonly reads: number;
    readonly writes: number;
    readonly agents: number;
    readonly 'sign-ins': number;
  };
  /** Undefined: no quota. */
  readonly quotas: {
    readonly perDay: number | undefined;
    readonly perKeyMinute: number | undefined;
    readonly inFlight: number | undefined;
  };
  readonly retentionDays: { readonly succeeded: number; readonly failed: number; readonly cancelled: number };
  /** The current one first; empty: the one in the data folder. */
  readonly secretKeys: readonly { id: string; bytes: Uint8Array }[];
  /** Names of the settings that were given, and not left to their defaults. */
  readonly given: readonly string[];
  readonly logLevel: LogLevel;
  readonly isMetricsEnabled: boolean;
}

type GuardTexts = Readonly<Record<string, string | null>>;

/** `process.env`, or a part of it in a test. */
export type EnvSource = Readonly<Record<string, string | undefined>>;

const OWN_PREFIX = 'SIGNALBOX_';

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** An empty variable counts as unset: compose files and shells produce it for "not given". */
function isGiven(source: EnvSource, name: string): boolean {
  return (source[name]?.trim() ?? '') !== '';
}

/** The known name that an unknown one probably meant: the one with the longest common beginning. */
function nearestName(unknown: string): string {
  const commonLength = (name: string) => {
    let length = 0;
    while (length < name.length && name[length] === unknown[length]) length += 1;
    return length;
  };
  const own = Object.keys(SETTINGS).filter((name) => name.startsWith(OWN_PREFIX));
  return own.reduce((best, name) => (commonLength(name) > commonLength(best) ? name : best));
}

/** What programs that call a server read: set in a shell for them, it says nothing to the server. */
const OF_CLIENTS: ReadonlySet<string> = new Set(['SIGNALBOX_URL', 'SIGNALBOX_TOKEN']);

function findUnknownNames(source: EnvSource): EnvProblem[] {
  return Object.keys(source)
    .filter((name) => name.startsWith(OWN_PREFIX) && !isSettingName(name) && !OF_CLIENTS.has(name))
    .map((name) => ({
      name,
      problem: 'is not a setting, so it would have no effect',
      advice: `remove it, or did you mean ${nearestName(name)}?`,
    }));
}

function parseSettings(source: EnvSource): { values: Partial<Parsed>; problems: EnvProblem[] } {
  const values: Record<string, unknown> = {};
  const problems: EnvProblem[] = [];
  for (const [name, { schema, fallback, example, secret }] of Object.entries<Setting>(SETTINGS)) {
    const text = source[name]?.trim() || fallback;
    if (text === null) continue;
    const parsed = schema.safeParse(text);
    if (parsed.success) {
      values[name] = parsed.data;
      continue;
    }
    const given = secret ? '' : ` (it is ${JSON.stringify(text)})`;
    problems.push({
      name,
      problem: `${parsed.error.issues[0]?.message ?? 'is malformed'}${given}`,
      advice: `set it to something like ${example ?? fallback}, or unset it`,
    });
  }
  return { values: values as Partial<Parsed>, problems };
}

function describeProblems(problems: readonly EnvProblem[]): SignalboxError {
  const lines = problems.map(
    ({ name, problem, advice }) => `  ${name} ${problem}: ${advice}${advice.endsWith('?') ? '' : '.'}`,
  );
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new SignalboxError('INVALID', `The configuration has ${count}:\n${lines.join('\n')}`, {
    advice: 'docs/configuration.md lists every setting.',
    details: problems,
  });
}

function resolveObjectStore(values: Parsed, dataDir: string): ObjectStoreConfig {
  const target: ObjectStoreTarget = values.SIGNALBOX_OBJECT_STORE ?? {
    kind: 'folder',
    path: join(dataDir, 'objects'),
  };
  if (target.kind === 'folder') return { kind: 'folder', path: resolve(target.path) };
  return {
    ...target,
    endpoint: values.SIGNALBOX_S3_ENDPOINT ?? '',
    region: values.SIGNALBOX_S3_REGION ?? 'us-east-1',
    accessKeyId: values.SIGNALBOX_S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: values.SIGNALBOX_S3_SECRET_ACCESS_KEY ?? '',
  };
}

function toMailServer(values: Parsed): Env['mailServer'] {
  const { SIGNALBOX_SMTP_URL: url, SIGNALBOX_MAIL_FROM: from } = values;
  return url === undefined || from === undefined ? undefined : { url, from };
}

function variablesNamed(names: readonly string[], source: EnvSource): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])),
  );
}

/** How much of what there is for each who asks. */
function toAllowances(values: Parsed): Pick<Env, 'rates' | 'workspaces' | 'quotas' | 'sockets'> {
  return {
    rates: {
      reads: values.SIGNALBOX_RATE_READS,
      writes: values.SIGNALBOX_RATE_WRITES,
      agents: values.SIGNALBOX_RATE_AGENTS,
      'sign-ins': values.SIGNALBOX_RATE_SIGN_INS,
    },
    workspaces: {
      maxBytes: values.SIGNALBOX_WORKSPACE_MAX_BYTES,
      maxFiles: values.SIGNALBOX_WORKSPACE_MAX_FILES,
      fileMaxBytes: values.SIGNALBOX_WORKSPACE_FILE_MAX_BYTES,
    },
    quotas: {
      perDay: values.SIGNALBOX_RUNS_PER_DAY,
      perKeyMinute: values.SIGNALBOX_RUNS_PER_KEY_MINUTE,
      inFlight: values.SIGNALBOX_RUNS_IN_FLIGHT,
    },
    sockets: {
      max: values.SIGNALBOX_SOCKETS_MAX,
      perActor: values.SIGNALBOX_SOCKETS_PER_ACTOR,
      perAddress: values.SIGNALBOX_SOCKETS_PER_ADDRESS,
    },
  };
}

/** What each of them is when it is read so, in the order of the table. */
function guardsOf(read: (name: string) => string | undefined): GuardTexts {
  return Object.fromEntries(
    Object.entries<Setting>(SETTINGS).flatMap(([name, { guards, fallback }]) => {
      if (!guards) return [];
      const text = read(name)?.trim() || fallback;
      return [[name, text === null ? null : guards(text)]];
    }),
  );
}

function toEnv(values: Parsed, { rootDir, source }: { rootDir: string; source: EnvSource }): Env {
  const folder = values.SIGNALBOX_DATA_DIR;
  const dataDir = isAbsolute(folder) ? folder : join(rootDir, folder);
  return {
    port: values.SERVER_PORT,
    host: values.SIGNALBOX_HOST,
    isLocalOnly: isLoopback(values.SIGNALBOX_HOST) && values.SIGNALBOX_PUBLIC_URL === undefined,
    publicUrl: values.SIGNALBOX_PUBLIC_URL,
    trustedProxies: values.SIGNALBOX_TRUSTED_PROXIES ?? [],
    identityFile: values.SIGNALBOX_IDENTITY_FILE,
    sessionLimits: {
      idleMs: values.SIGNALBOX_SESSION_IDLE_HOURS * 3_600_000,
      maxMs: values.SIGNALBOX_SESSION_MAX_DAYS * 86_400_000,
    },
    roles: new Set(values.SIGNALBOX_ROLES),
    dataDir,
    isDev: values.SIGNALBOX_DEV,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    rabbitmqUrl: values.RABBITMQ_URL,
    objectStore: resolveObjectStore(values, dataDir),
    outboundAllow: values.SIGNALBOX_OUTBOUND_ALLOW ?? [],
    guards: { settings: guardsOf((name) => source[name]), defaults: guardsOf(() => undefined) },
    mailServer: toMailServer(values),
    notifyWaitMs: values.SIGNALBOX_NOTIFY_WAIT_SECONDS * 1000,
    mcp: {
      isSignInOn: values.SIGNALBOX_MCP_SIGN_IN,
      programs: values.SIGNALBOX_MCP_PROGRAMS ?? [],
      programUser: values.SIGNALBOX_MCP_PROGRAM_USER,
      importVariables: variablesNamed(values.SIGNALBOX_MCP_IMPORT_VARIABLES ?? [], source),
      keepDays: {
        calls: values.SIGNALBOX_MCP_LOG_DAYS,
        approvals: values.SIGNALBOX_MCP_APPROVAL_DAYS,
        usage: values.SIGNALBOX_MCP_USAGE_DAYS,
      },
    },
    healthLimits: { ...CONDITION_LIMITS, ...values.SIGNALBOX_HEALTH_LIMITS },
    maxAgents: values.MAX_AGENTS,
    maxConcurrentTasks: values.MAX_CONCURRENT_TASKS,
    taskTimeoutMs: values.TASK_TIMEOUT * 1000,
    // Whoever lowers the one need not know of the other.
    payloadInlineMaxBytes: Math.min(values.SIGNALBOX_PAYLOAD_INLINE_MAX, values.SIGNALBOX_PAYLOAD_MAX),
    payloadMaxBytes: values.SIGNALBOX_PAYLOAD_MAX,
    outboxMax: values.SIGNALBOX_OUTBOX_MAX,
    taskStateTtlSeconds: values.SIGNALBOX_TASK_STATE_TTL,
    streamMaxEntries: values.SIGNALBOX_STREAM_MAX,
    ...toAllowances(values),
    retentionDays: {
      succeeded: values.SIGNALBOX_RETENTION_DAYS_SUCCEEDED,
      failed: values.SIGNALBOX_RETENTION_DAYS_FAILED,
      cancelled: values.SIGNALBOX_RETENTION_DAYS_CANCELLED,
    },
    secretKeys: values.SIGNALBOX_SECRET_KEYS ?? [],
    given: Object.keys(SETTINGS).filter((name) => isGiven(source, name)),
    logLevel: values.LOG_LEVEL,
    isMetricsEnabled: values.METRICS_ENABLED,
  };
}

/**
 * Reads the configuration, or throws one error that lists every problem at once.
 * `rootDir` is what a relative data folder is relative to: the checkout, wherever the process was started.
 */
export function readEnv(source: EnvSource, rootDir: string): Env {
  const { values, problems } = parseSettings(source);
  const all = [
    ...findUnknownNames(source),
    ...problems,
    ...checkEnvCombinations(values),
    ...findWithoutEffect({ values, isGiven: (name) => isGiven(source, name) }),
  ];
  if (all.length > 0) throw describeProblems(all);
  // Without problems every setting with a default was parsed, which is all that Parsed demands.
  return toEnv(values as Parsed, { rootDir: resolve(rootDir), source });
}
