import type { z } from 'zod';
import { asWritten, days, setting } from './env-setting.ts';
import { MCP_SETTINGS } from './env-settings-mcp.ts';
import {
  byteSize,
  conditionLimits,
  flag,
  listenHost,
  logLevel,
  mailAddress,
  networkList,
  nonEmpty,
  objectStoreTarget,
  originUrl,
  redisUrl,
  roleList,
  secretKeyList,
  urlWithScheme,
  wholeNumber,
} from './env-values.ts';

/** A request may bring twenty calls, which must fit. */
const rate = () => wholeNumber(20, 100_000_000);

export type { Setting } from './env-setting.ts';

/** Every environment variable that Signalbox reads: the one table, from which the documents are generated. */
export const SETTINGS = {
  SERVER_PORT: setting({
    group: 'Server',
    schema: wholeNumber(0, 65_535),
    fallback: '3000',
    about:
      'The port of pages, API and sockets. 0 lets the system choose a free one, which the lock in the data folder names.',
  }),
  SIGNALBOX_HOST: setting({
    group: 'Server',
    schema: listenHost,
    fallback: '127.0.0.1',
    guards: asWritten,
    about:
      'The address the server listens on. On any other than loopback the printed link asks for an account with a password before it signs in.',
  }),
  SIGNALBOX_PUBLIC_URL: setting({
    group: 'Server',
    schema: originUrl,
    fallback: null,
    example: 'https://signalbox.example.org',
    guards: asWritten,
    about:
      'Where people find the server, if not at the address it listens on: behind a proxy, or under a name. With https cookies travel by https only. Needed for sign-in by other providers from outside this machine.',
  }),
  SIGNALBOX_TRUSTED_PROXIES: setting({
    group: 'Server',
    schema: networkList,
    fallback: null,
    example: '10.0.0.5',
    guards: asWritten,
    about:
      'Networks of proxies whose `X-Forwarded-For` is believed. Unset: nobody is, and each request comes from whoever connects.',
  }),
  SIGNALBOX_IDENTITY_FILE: setting({
    group: 'Server',
    schema: nonEmpty,
    fallback: null,
    example: '/etc/signalbox/identity.yaml',
    guards: asWritten,
    about:
      'A YAML or JSON file that names who else may say who somebody is: providers that people sign in with, and issuers of tokens for programs. See [identity.md](identity.md). It holds secrets: let only the server read it.',
  }),
  SIGNALBOX_SESSION_IDLE_HOURS: setting({
    group: 'Server',
    schema: wholeNumber(1, 8760),
    fallback: '168',
    guards: asWritten,
    about: 'Hours without a request after which somebody is signed out.',
  }),
  SIGNALBOX_SESSION_MAX_DAYS: setting({
    group: 'Server',
    schema: wholeNumber(1, 365),
    fallback: '30',
    guards: asWritten,
    about: 'Days after which everybody signs in again, however busy.',
  }),
  SIGNALBOX_ROLES: setting({
    group: 'Server',
    schema: roleList,
    fallback: 'web,coordinator,agents',
    about:
      'What this process does: `web` (pages, API, sockets), `coordinator` (the engine), `agents` (the built-in agents). Processes that share work need a shared `DATABASE_URL`.',
  }),
  SIGNALBOX_DATA_DIR: setting({
    group: 'Server',
    schema: nonEmpty,
    fallback: '.signalbox',
    about:
      'The folder of the embedded database, the local object store and the fetched runtime. One live Signalbox holds it at a time.',
  }),
  SIGNALBOX_DEV: setting({
    group: 'Server',
    schema: flag,
    fallback: 'false',
    about: 'Set by `npm run dev`: pages are compiled on request instead of taken from the build.',
  }),
  DATABASE_URL: setting({
    group: 'Services',
    schema: urlWithScheme(['postgres', 'postgresql']),
    fallback: null,
    example: 'postgres://signalbox:PASSWORD@127.0.0.1:5432/signalbox',
    secret: true,
    about:
      'The Postgres to use, itself or by a proxy that gives each connection a session of its own: one that pools transactions or statements, as PgBouncer does, is refused at the start. A process keeps up to 30 connections, 15 of them for its doors. In place of the host it may name the folder of a socket (`%2Frun%2Fpostgresql`), which is quicker. Unset: an embedded Postgres in the data folder.',
  }),
  REDIS_URL: setting({
    group: 'Services',
    schema: redisUrl,
    fallback: null,
    example: 'redis://:PASSWORD@127.0.0.1:6379',
    secret: true,
    about:
      'The Redis for locks, presence, counters and streams: one server (`redis://`), Sentinel (`redis+sentinel://host,host/group`) or Cluster (`redis+cluster://host,host`), `rediss` with TLS. Unset: kept in the process.',
  }),
  RABBITMQ_URL: setting({
    group: 'Services',
    schema: urlWithScheme(['amqp', 'amqps']),
    fallback: null,
    example: 'amqp://signalbox:PASSWORD@127.0.0.1:5672',
    secret: true,
    about: 'The RabbitMQ that carries tasks and results. Unset: carried in the process.',
  }),
  MAX_AGENTS: setting({
    group: 'Limits',
    schema: wholeNumber(1, 100_000),
    fallback: '100',
    about:
      'How many agents may be registered at once, those that come with Signalbox not counted; the next registration is refused.',
  }),
  MAX_CONCURRENT_TASKS: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: null,
    example: '50',
    about:
      'How many tasks may be handed out at once, with agents or in their queues, over all tenants and processes of the installation; the next ones wait and say `quota`. Unset: as many as agents and queues take. Every process needs the same value.',
  }),
  TASK_TIMEOUT: setting({
    group: 'Limits',
    schema: wholeNumber(1, 31_536_000),
    fallback: '3600',
    about: 'Seconds that one attempt may take when its stage does not say.',
  }),
  SIGNALBOX_PAYLOAD_INLINE_MAX: setting({
    group: 'Limits',
    schema: byteSize(1024, 1024 ** 2),
    fallback: '64KiB',
    about: 'Payloads up to this size stay in the database row; larger ones go to the object store.',
  }),
  SIGNALBOX_PAYLOAD_MAX: setting({
    group: 'Limits',
    schema: byteSize(1024, 4 * 1024 ** 3),
    fallback: '64MiB',
    about: 'Payloads past this size are refused (HTTP status 413).',
  }),
  SIGNALBOX_OUTBOX_MAX: setting({
    group: 'Limits',
    schema: wholeNumber(1, 100_000),
    fallback: '10000',
    about:
      'How many messages may wait in the database for a broker that takes none; then new runs are refused (HTTP status 503) until it takes them.',
  }),
  SIGNALBOX_WORKSPACE_MAX_BYTES: setting({
    group: 'Limits',
    schema: byteSize(1024 ** 2, 1024 ** 4),
    fallback: '256MiB',
    about:
      'What the files that the agents of one run share may take with all their versions, and what they say to each other.',
  }),
  SIGNALBOX_WORKSPACE_MAX_FILES: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: '10000',
    about: 'How many files the agents of one run may share.',
  }),
  SIGNALBOX_WORKSPACE_FILE_MAX_BYTES: setting({
    group: 'Limits',
    schema: byteSize(1024, 64 * 1024 ** 2),
    fallback: '4MiB',
    about: 'How large one of these files may be. It is held in memory while it is read or written.',
  }),
  SIGNALBOX_TASK_STATE_TTL: setting({
    group: 'Limits',
    schema: wholeNumber(1, 86_400),
    fallback: '600',
    about:
      'Seconds that what agents say of a run while they work on it (progress, lines) stays in hot state after the last word.',
  }),
  SIGNALBOX_STREAM_MAX: setting({
    group: 'Limits',
    schema: wholeNumber(1, 100_000),
    fallback: '100',
    about: "Entries that the stream of a run's progress and lines keeps in hot state; older ones fall out.",
  }),
  SIGNALBOX_SOCKETS_MAX: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: '10000',
    about: 'How many connections for live events (`/ws`, `/socket.io`) one process holds; more are refused.',
  }),
  SIGNALBOX_SOCKETS_PER_ACTOR: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: '2000',
    about:
      'How many of them one user or key may hold in one process; runs that are followed (`follow=1`) count too.',
  }),
  SIGNALBOX_SOCKETS_PER_ADDRESS: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: '1000',
    about:
      'How many connections one address (a /64 of IPv6) may have open in one process that have not signed in yet; more are refused (HTTP status 503).',
  }),
  SIGNALBOX_RATE_READS: setting({
    group: 'Limits',
    schema: rate(),
    fallback: '12000',
    about:
      'Calls a minute that only read, for each user, key, external token or address; the next ones are refused (HTTP status 429). All keys of one account together may ask ten times that. Never limited: the secret of the data folder, and this machine where only it reaches the server. With Redis the limits hold over all processes together.',
  }),
  SIGNALBOX_RATE_WRITES: setting({
    group: 'Limits',
    schema: rate(),
    fallback: '6000',
    about: 'The same for calls that change something.',
  }),
  SIGNALBOX_RATE_AGENTS: setting({
    group: 'Limits',
    schema: rate(),
    fallback: '60000',
    about: 'The same for beats, claims and reports, for each agent with a token of its own, user or key.',
  }),
  SIGNALBOX_RATE_SIGN_INS: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: '10',
    guards: asWritten,
    about:
      'Attempts a minute to sign in, from one address (a /64 of IPv6) and for one account. While Redis is away each process goes on counting for itself.',
  }),
  SIGNALBOX_RUNS_PER_DAY: setting({
    group: 'Limits',
    schema: wholeNumber(1, 100_000_000),
    fallback: null,
    example: '50000',
    about:
      'How many runs, tasks on their own included, each organisation may start in a day (UTC); more are refused (HTTP status 429). Unset: no such limit.',
  }),
  SIGNALBOX_RUNS_PER_KEY_MINUTE: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: null,
    example: '600',
    about: 'How many of them one key or external token may start in a minute. Unset: no such limit.',
  }),
  SIGNALBOX_RUNS_IN_FLIGHT: setting({
    group: 'Limits',
    schema: wholeNumber(1, 1_000_000),
    fallback: null,
    example: '1000',
    about:
      'How many runs of each organisation may be in flight; the next ones are refused (HTTP status 429). Runs that are paused and hold nothing do not count. Several processes may exceed it by one start each. Unset: no such limit.',
  }),
  SIGNALBOX_OUTBOUND_ALLOW: setting({
    group: 'Agents',
    schema: networkList,
    fallback: null,
    example: '10.1.0.0/16,192.168.1.7',
    guards: asWritten,
    about:
      'Private networks where agents may listen that work is pushed to, receivers of webhooks, and MCP servers. Unset: such requests leave for public addresses only. Without TLS (`http:`) they go to what is named here and nowhere else.',
  }),
  ...MCP_SETTINGS,
  SIGNALBOX_SMTP_URL: setting({
    group: 'Notifications',
    schema: urlWithScheme(['smtp', 'smtps']),
    fallback: null,
    example: 'smtps://USER:PASSWORD@mail.example.org:465',
    secret: true,
    about:
      'The mail server: `smtp://` (with TLS if it offers that, and only with TLS if there is a password) or `smtps://`. Unset: mails are logged and not sent, and their deliveries say so.',
  }),
  SIGNALBOX_MAIL_FROM: setting({
    group: 'Notifications',
    schema: mailAddress,
    fallback: null,
    example: 'Signalbox <signalbox@example.org>',
    about: 'Whom mails come from. Required with, and only with, SIGNALBOX_SMTP_URL.',
  }),
  SIGNALBOX_NOTIFY_WAIT_SECONDS: setting({
    group: 'Notifications',
    schema: wholeNumber(1, 604_800),
    fallback: '60',
    about:
      'Seconds that a task waits for an agent that nobody runs, under a limit of the installation, or for an answer of people, before `run.waiting` is told.',
  }),
  SIGNALBOX_RETENTION_DAYS_SUCCEEDED: setting({
    group: 'Retention',
    schema: days(),
    fallback: '30',
    about: 'Days that succeeded runs are kept.',
  }),
  SIGNALBOX_RETENTION_DAYS_FAILED: setting({
    group: 'Retention',
    schema: days(),
    fallback: '90',
    about: 'Days that failed runs are kept.',
  }),
  SIGNALBOX_RETENTION_DAYS_CANCELLED: setting({
    group: 'Retention',
    schema: days(),
    fallback: '30',
    about: 'Days that cancelled and killed runs are kept.',
  }),
  SIGNALBOX_OBJECT_STORE: setting({
    group: 'Object store',
    schema: objectStoreTarget,
    fallback: null,
    example: 's3://signalbox-payloads',
    about: 'A folder, or a bucket as `s3://bucket/prefix`. Unset: the folder `objects` in the data folder.',
  }),
  SIGNALBOX_S3_ENDPOINT: setting({
    group: 'Object store',
    schema: urlWithScheme(['http', 'https']),
    fallback: null,
    example: 'https://s3.eu-central-1.amazonaws.com',
    about: 'The S3-compatible server. Required with, and only with, an `s3://` object store.',
  }),
  SIGNALBOX_S3_REGION: setting({
    group: 'Object store',
    schema: nonEmpty,
    fallback: null,
    example: 'eu-central-1',
    about:
      'The region that requests are signed for. Unset: `us-east-1`, which most compatible servers expect.',
  }),
  SIGNALBOX_S3_ACCESS_KEY_ID: setting({
    group: 'Object store',
    schema: nonEmpty,
    fallback: null,
    example: 'ACCESS_KEY_ID',
    secret: true,
    about: 'The key id for the S3-compatible server.',
  }),
  SIGNALBOX_S3_SECRET_ACCESS_KEY: setting({
    group: 'Object store',
    schema: nonEmpty,
    fallback: null,
    example: 'SECRET_ACCESS_KEY',
    secret: true,
    about: 'The secret key for the S3-compatible server.',
  }),
  SIGNALBOX_SECRET_KEYS: setting({
    group: 'Security',
    schema: secretKeyList,
    fallback: null,
    example: '2026:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
    secret: true,
    about:
      'The keys that secrets are sealed under and the audit is signed with, each as `id:base64` of 32 random bytes, the current one first. All processes of an installation need the same. Unset: a key in the data folder.',
  }),
  LOG_LEVEL: setting({
    group: 'Observation',
    schema: logLevel,
    fallback: 'INFO',
    about: 'The least important level that is logged: DEBUG, INFO, WARN or ERROR.',
  }),
  METRICS_ENABLED: setting({
    group: 'Observation',
    schema: flag,
    fallback: 'true',
    about: 'Whether `/metrics` answers with Prometheus metrics.',
  }),
  SIGNALBOX_HEALTH_LIMITS: setting({
    group: 'Observation',
    schema: conditionLimits,
    fallback: null,
    example: 'mcp_error_rate=2,workspace_latency=250',
    about:
      'From where on a condition of `/api/v1/health` is triggered, by name, in percent or milliseconds. Those that are left out keep their own; see [api.md](api.md).',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** What each variable becomes once parsed: its schema's output, or undefined where it has no default. */
export type Parsed = {
  [Name in SettingName]:
    | z.output<(typeof SETTINGS)[Name]['schema']>
    | (null extends (typeof SETTINGS)[Name]['fallback'] ? undefined : never);
};
