import { describe, expect, test } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import { type EnvProblem, type EnvSource, readEnv } from './env.ts';
import { renderConfigurationPage, renderEnvExample } from './env-documents.ts';
import { SETTINGS, type Setting } from './env-settings.ts';
import { ROLES } from './env-values.ts';

const ROOT = '/srv/signalbox';

function problemsOf(source: EnvSource): EnvProblem[] {
  return refusalOf(source).details as EnvProblem[];
}

function refusalOf(source: EnvSource): SignalboxError {
  try {
    readEnv(source, ROOT);
  } catch (error) {
    if (error instanceof SignalboxError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

const S3 = {
  SIGNALBOX_OBJECT_STORE: 's3://payloads/prod',
  SIGNALBOX_S3_ENDPOINT: 'http://127.0.0.1:9000',
  SIGNALBOX_S3_ACCESS_KEY_ID: 'id',
  SIGNALBOX_S3_SECRET_ACCESS_KEY: 'key',
};

describe('readEnv', () => {
  test('needs no variable at all and defaults to one process on embedded adapters', () => {
    const env = readEnv({}, ROOT);
    expect(env).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      dataDir: '/srv/signalbox/.signalbox',
      databaseUrl: undefined,
      objectStore: { kind: 'folder', path: '/srv/signalbox/.signalbox/objects' },
      maxAgents: 100,
      maxConcurrentTasks: undefined,
      taskTimeoutMs: 3_600_000,
      payloadInlineMaxBytes: 65_536,
      taskStateTtlSeconds: 600,
      streamMaxEntries: 100,
      logLevel: 'info',
      isMetricsEnabled: true,
      isDev: false,
    });
    expect([...env.roles]).toEqual(['web', 'coordinator', 'agents']);
  });

  test('treats an empty variable as unset and ignores variables of other programs', () => {
    expect(readEnv({ SERVER_PORT: '', DATABASE_URL: ' ', EDITOR: 'vi' }, ROOT)).toEqual(readEnv({}, ROOT));
  });

  test('reads levels in any case, sizes with units and flags in words', () => {
    const source = { LOG_LEVEL: 'Warn', SIGNALBOX_PAYLOAD_MAX: '2mib', METRICS_ENABLED: 'off' };
    expect(readEnv(source, ROOT)).toMatchObject({
      logLevel: 'warn',
      payloadMaxBytes: 2 * 1024 * 1024,
      isMetricsEnabled: false,
    });
  });

  test.each(['rediss://:p@host:6380/2', 'redis+sentinel://a:1,b:2/main', 'rediss+cluster://a:1,b:2'])(
    'takes %s as a Redis',
    (REDIS_URL) => expect(readEnv({ REDIS_URL }, ROOT).redisUrl).toBe(REDIS_URL),
  );

  test('reads a bucket with its access', () => {
    expect(readEnv(S3, ROOT).objectStore).toEqual({
      kind: 's3',
      bucket: 'payloads',
      prefix: 'prod',
      endpoint: 'http://127.0.0.1:9000',
      region: 'us-east-1',
      accessKeyId: 'id',
      secretAccessKey: 'key',
    });
  });

  test('lists every problem at once, each with what to do', () => {
    const source = { SIGNALBOX_PROT: '1', SERVER_PORT: 'http', LOG_LEVEL: 'loud', REDIS_URL: 'localhost' };
    const refusal = refusalOf(source);
    expect(problemsOf(source).map(({ name }) => name)).toEqual([
      'SIGNALBOX_PROT',
      'SERVER_PORT',
      'REDIS_URL',
      'LOG_LEVEL',
    ]);
    expect(refusal.message).toContain('4 problems');
    for (const { advice } of problemsOf(source)) expect(refusal.message).toContain(advice);
  });

  test('leaves to clients what is theirs, so that one shell can start a server and call it', () => {
    const clients = { SIGNALBOX_URL: 'http://127.0.0.1:3000', SIGNALBOX_TOKEN: 'a token' };
    expect(readEnv(clients, ROOT)).toEqual(readEnv({}, ROOT));
  });

  test('names the setting that an unknown name probably meant', () => {
    expect(problemsOf({ SIGNALBOX_RETENTION_DAYS_SUCEEDED: '3' })[0]?.advice).toContain(
      'SIGNALBOX_RETENTION_DAYS_SUCCEEDED',
    );
  });

  test.each([
    ['SERVER_PORT', '65536'],
    ['SERVER_PORT', '-1'],
    ['SERVER_PORT', '3e3'],
    ['MAX_AGENTS', '0'],
    ['TASK_TIMEOUT', '1.5'],
    ['METRICS_ENABLED', 'maybe'],
    ['SIGNALBOX_ROLES', 'web,cook'],
    ['SIGNALBOX_ROLES', ','],
    ['SIGNALBOX_PAYLOAD_MAX', '12 parsecs'],
    ['SIGNALBOX_OBJECT_STORE', 'gs://bucket'],
    ['DATABASE_URL', 'mysql://host/db'],
    ['RABBITMQ_URL', 'amqp://'],
    ['REDIS_URL', 'redis+ring://host'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value }).map((problem) => problem.name)).toContain(name);
  });

  test.each(['example.org', '127.0.0.1.example.org', '300.1.1.1'])('refuses to listen on %s', (host) => {
    expect(problemsOf({ SIGNALBOX_HOST: host })[0]?.problem).toContain('address of this machine');
  });

  test.each([
    [{}, true],
    [{ SIGNALBOX_HOST: '::1' }, true],
    [{ SIGNALBOX_HOST: '0.0.0.0' }, false],
    [{ SIGNALBOX_HOST: '192.168.1.7' }, false],
    [{ SIGNALBOX_PUBLIC_URL: 'https://signalbox.example.org' }, false],
  ])('knows whether only this machine reaches it: %j', (source, isLocalOnly) => {
    expect(readEnv(source, '/srv').isLocalOnly).toBe(isLocalOnly);
  });

  test.each([
    'signalbox.example.org',
    'ftp://example.org',
    'https://example.org/panel',
    'https://me@example.org',
  ])('refuses %s as the place where people find it', (url) => {
    expect(problemsOf({ SIGNALBOX_PUBLIC_URL: url })[0]?.name).toBe('SIGNALBOX_PUBLIC_URL');
  });

  test('never prints a secret, not even a malformed one', () => {
    const secrets = Object.entries(SETTINGS).filter(([, setting]) => 'secret' in setting);
    expect(secrets.length).toBeGreaterThanOrEqual(5);
    const source = {
      DATABASE_URL: 'hunter2',
      REDIS_URL: 'http://:hunter2@host',
      RABBITMQ_URL: 'hunter2',
      SIGNALBOX_S3_ACCESS_KEY_ID: 'hunter2',
      SIGNALBOX_S3_SECRET_ACCESS_KEY: 'hunter2',
    };
    const refusal = refusalOf(source);
    expect(JSON.stringify([refusal.message, refusal.advice, refusal.details])).not.toContain('hunter2');
  });
});

describe('combinations', () => {
  const DATABASE_URL = 'postgres://u:p@db/signalbox';
  const RABBITMQ_URL = 'amqp://u:p@mq';

  test.each(['web', 'coordinator', 'agents', 'coordinator,agents', 'web,coordinator'])(
    'refuses the roles %s on an embedded database',
    (roles) => {
      expect(problemsOf({ SIGNALBOX_ROLES: roles, RABBITMQ_URL })).toHaveLength(1);
    },
  );

  test('refuses agents apart from the coordinator without a broker', () => {
    expect(problemsOf({ SIGNALBOX_ROLES: 'agents', DATABASE_URL })[0]?.advice).toContain('RABBITMQ_URL');
    expect(readEnv({ SIGNALBOX_ROLES: 'agents', DATABASE_URL, RABBITMQ_URL }, ROOT).roles).toEqual(
      new Set(['agents']),
    );
    expect(readEnv({ SIGNALBOX_ROLES: 'coordinator,agents', DATABASE_URL }, ROOT).roles.size).toBe(2);
  });

  test('refuses a bucket without access', () => {
    const { SIGNALBOX_OBJECT_STORE, ...access } = S3;
    expect(problemsOf({ SIGNALBOX_OBJECT_STORE }).map(({ name }) => name)).toEqual(Object.keys(access));
  });

  test('refuses a mail server without a sender', () => {
    expect(problemsOf({ SIGNALBOX_SMTP_URL: 'smtp://mail' }).map(({ name }) => name)).toEqual([
      'SIGNALBOX_MAIL_FROM',
    ]);
  });
});

describe('values without effect', () => {
  const shared = { DATABASE_URL: 'postgres://u:p@db/signalbox', RABBITMQ_URL: 'amqp://u:p@mq' };
  const coordinator = { ...shared, SIGNALBOX_ROLES: 'coordinator' };
  const reached = { SIGNALBOX_PUBLIC_URL: 'https://signalbox.example.org' };
  const programs = { SIGNALBOX_MCP_PROGRAMS: 'memory=/usr/bin/node' };
  const mail = { SIGNALBOX_SMTP_URL: 'smtp://mail', SIGNALBOX_MAIL_FROM: 'a@example.org' };

  /** What is refused, beside what, what the refusal is about, and with what it is taken. */
  test.each<[name: string, value: string, beside: EnvSource, about: string, takenWith: EnvSource]>([
    ['SERVER_PORT', '0', { ...coordinator, ...reached }, 'listens nowhere', coordinator],
    ['SIGNALBOX_SESSION_IDLE_HOURS', '49', { SIGNALBOX_SESSION_MAX_DAYS: '2' }, 'sooner', {}],
    ['SIGNALBOX_PAYLOAD_INLINE_MAX', '64KiB', { SIGNALBOX_PAYLOAD_MAX: '2KiB' }, 'larger', {}],
    ['SIGNALBOX_OUTBOX_MAX', '500', {}, 'RabbitMQ', { RABBITMQ_URL: shared.RABBITMQ_URL }],
    ['SIGNALBOX_WORKSPACE_FILE_MAX_BYTES', '4MiB', { SIGNALBOX_WORKSPACE_MAX_BYTES: '2MiB' }, 'larger', {}],
    ['SIGNALBOX_WORKSPACE_MAX_FILES', '4097', { SIGNALBOX_WORKSPACE_MAX_BYTES: '1MiB' }, '256 bytes', {}],
    ['SIGNALBOX_SOCKETS_PER_ADDRESS', '11', { SIGNALBOX_SOCKETS_MAX: '10' }, 'all addresses', {}],
    ['SIGNALBOX_RATE_READS', '100', {}, 'never limited', reached],
    ['SIGNALBOX_RATE_WRITES', '100', { SIGNALBOX_HOST: '::1' }, 'never', { SIGNALBOX_HOST: '0.0.0.0' }],
    ['SIGNALBOX_RATE_AGENTS', '100', {}, 'never limited', { SIGNALBOX_TRUSTED_PROXIES: '127.0.0.1' }],
    ['SIGNALBOX_RUNS_PER_KEY_MINUTE', '11', { SIGNALBOX_RUNS_PER_DAY: '10' }, 'in a day', {}],
    ['SIGNALBOX_MCP_SIGN_IN', 'true', { SIGNALBOX_HOST: '0.0.0.0' }, 'https', reached],
    ['SIGNALBOX_MCP_SIGN_IN', 'true', { SIGNALBOX_PUBLIC_URL: 'http://box.example' }, 'https', {}],
    ['SIGNALBOX_MCP_PROGRAM_USER', 'nobody', {}, 'SIGNALBOX_MCP_PROGRAMS', programs],
    [
      'SIGNALBOX_MCP_IMPORT_VARIABLES',
      'WIKI_KEY,OTHER',
      { OTHER: 'x' },
      'variable',
      { WIKI_KEY: 'k', OTHER: 'x' },
    ],
    ['SIGNALBOX_MAIL_FROM', 'a@example.org', {}, 'no mail server', { SIGNALBOX_SMTP_URL: 'smtp://mail' }],
    ['SIGNALBOX_HEALTH_LIMITS', 'hot_state_memory=70', {}, 'Redis', { REDIS_URL: 'redis://host' }],
  ])('refuses %s=%s beside %j', (name, value, beside, about, taken) => {
    const [problem, ...more] = problemsOf({ ...beside, [name]: value });
    expect(problem).toMatchObject({ name, problem: expect.stringContaining(about) });
    expect(problem?.problem).toMatch(/^has no effect, because /);
    expect(more).toEqual([]);
    // Neither is it refused alone, nor is what stands beside it.
    expect(() => readEnv({ ...taken, [name]: value }, ROOT)).not.toThrow();
    expect(() => readEnv(beside, ROOT)).not.toThrow();
  });

  test('refuses access without a bucket', () => {
    const { SIGNALBOX_OBJECT_STORE: _, ...access } = { ...S3, SIGNALBOX_S3_REGION: 'eu' };
    expect(
      problemsOf(access)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(access).sort());
  });

  /** Each setting that not every process reads, with a value that is right where it is read. */
  const VALUES: Readonly<Record<string, EnvSource>> = {
    SIGNALBOX_HOST: { SIGNALBOX_HOST: '0.0.0.0' },
    SIGNALBOX_SMTP_URL: mail,
    SIGNALBOX_MAIL_FROM: mail,
    SIGNALBOX_MCP_IMPORT_VARIABLES: { SIGNALBOX_MCP_IMPORT_VARIABLES: 'WIKI_KEY', WIKI_KEY: 'k' },
    SIGNALBOX_RATE_READS: { ...reached, SIGNALBOX_RATE_READS: '100' },
    SIGNALBOX_RATE_WRITES: { ...reached, SIGNALBOX_RATE_WRITES: '100' },
    SIGNALBOX_RATE_AGENTS: { ...reached, SIGNALBOX_RATE_AGENTS: '100' },
  };
  const ofSome = Object.entries<Setting>(SETTINGS).flatMap(([name, { readBy, fallback, example }]) =>
    readBy === undefined ? [] : [{ name, readBy, source: VALUES[name] ?? { [name]: fallback ?? example } }],
  );
  test.each(ofSome)(
    'refuses $name in a process that does not read it, and in no other',
    ({ name, readBy, source }) => {
      for (const role of ROLES) {
        const settings = { ...shared, SIGNALBOX_ROLES: role, ...source };
        if (readBy.includes(role)) expect(() => readEnv(settings, ROOT)).not.toThrow();
        else {
          const found = problemsOf(settings).find((problem) => problem.name === name);
          expect(found?.problem).toContain(`only processes with ${readBy.join(' or ')} read it`);
        }
      }
      expect(() => readEnv({ ...shared, ...source }, ROOT)).not.toThrow();
    },
  );

  test('takes defaults that are not needed: one limit may be lowered without knowing of the others', () => {
    const lowered = {
      SIGNALBOX_PAYLOAD_MAX: '2KiB',
      SIGNALBOX_SESSION_MAX_DAYS: '1',
      SIGNALBOX_SOCKETS_MAX: '10',
    };
    expect(readEnv({ ...lowered, SIGNALBOX_WORKSPACE_MAX_BYTES: '1MiB' }, ROOT)).toMatchObject({
      payloadMaxBytes: 2048,
      payloadInlineMaxBytes: 2048,
    });
  });
});

describe('generated documents', () => {
  test('name every setting', () => {
    for (const name of Object.keys(SETTINGS)) {
      expect(renderEnvExample()).toContain(`# ${name}=`);
      expect(renderConfigurationPage()).toContain(`\`${name}\``);
    }
  });
});
