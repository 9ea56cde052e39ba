import type { z } from 'zod';
import { asWritten, days, setting } from './env-setting.ts';
import { LIMIT_SETTINGS } from './env-settings-limits.ts';
import { MCP_SETTINGS } from './env-settings-mcp.ts';
import {
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

export type { Setting } from './env-setting.ts';

/** Every environment variable that Signalbox reads: the one table, from which the documents are generated. */
export const SETTINGS = {
  SERVER_PORT: setting({
    group: 'Server',
    readBy: ['web', 'coordinator'],
    schema: wholeNumber(0, 65_535),
    fallback: '3000',
    about:
      'The port of pages, API and sockets. 0 lets the system choose a free one, which the lock in the data folder names.',
  }),
  SIGNALBOX_HOST: setting({
    group: 'Server',
    readBy: ['web'],
    schema: listenHost,
    fallback: '127.0.0.1',
    guards: asWritten,
    about:
      'The address the server listens on. On any other than loopback the printed link asks for an account with a password before it signs in.',
  }),
  SIGNALBOX_PUBLIC_URL: setting({
    group: 'Server',
    readBy: ['web', 'coordinator'],
    schema: originUrl,
    fallback: null,
    example: 'https://signalbox.example.org',
    guards: asWritten,
    about:
      'Where people find the server, if not at the address it listens on: behind a proxy, or under a name. With https cookies travel by https only. Needed for sign-in by other providers from outside this machine.',
  }),
  SIGNALBOX_TRUSTED_PROXIES: setting({
    group: 'Server',
    readBy: ['web'],
    schema: networkList,
    fallback: null,
    example: '10.0.0.5',
    guards: asWritten,
    about:
      'Networks of proxies whose `X-Forwarded-For` is believed. Unset: nobody is, and each request comes from whoever connects.',
  }),
  SIGNALBOX_IDENTITY_FILE: setting({
    group: 'Server',
    readBy: ['web'],
    schema: nonEmpty,
    fallback: null,
    example: '/etc/signalbox/identity.yaml',
    guards: asWritten,
    about:
      'A YAML or JSON file that names who else may say who somebody is: providers that people sign in with, and issuers of tokens for programs. See [identity.md](identity.md). It holds secrets: let only the server read it.',
  }),
  SIGNALBOX_SESSION_IDLE_HOURS: setting({
    group: 'Server',
    readBy: ['web'],
    schema: wholeNumber(1, 8760),
    fallback: '168',
    guards: asWritten,
    about: 'Hours without a request after which somebody is signed out.',
  }),
  SIGNALBOX_SESSION_MAX_DAYS: setting({
    group: 'Server',
    readBy: ['web'],
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
    readBy: ['web'],
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
  ...LIMIT_SETTINGS,
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
    readBy: ['web', 'coordinator'],
    schema: urlWithScheme(['smtp', 'smtps']),
    fallback: null,
    example: 'smtps://USER:PASSWORD@mail.example.org:465',
    secret: true,
    about:
      'The mail server: `smtp://` (with TLS if it offers that, and only with TLS if there is a password) or `smtps://`. Unset: mails are logged and not sent, and their deliveries say so.',
  }),
  SIGNALBOX_MAIL_FROM: setting({
    group: 'Notifications',
    readBy: ['web', 'coordinator'],
    schema: mailAddress,
    fallback: null,
    example: 'Signalbox <signalbox@example.org>',
    about: 'Whom mails come from. Required with, and only with, SIGNALBOX_SMTP_URL.',
  }),
  SIGNALBOX_NOTIFY_WAIT_SECONDS: setting({
    group: 'Notifications',
    readBy: ['coordinator'],
    schema: wholeNumber(1, 604_800),
    fallback: '60',
    about:
      'Seconds that a task waits for an agent that nobody runs, under a limit of the installation, or for an answer of people, before `run.waiting` is told.',
  }),
  SIGNALBOX_RETENTION_DAYS_SUCCEEDED: setting({
    group: 'Retention',
    readBy: ['web', 'coordinator'],
    schema: days(),
    fallback: '30',
    about: 'Days that succeeded runs are kept.',
  }),
  SIGNALBOX_RETENTION_DAYS_FAILED: setting({
    group: 'Retention',
    readBy: ['web', 'coordinator'],
    schema: days(),
    fallback: '90',
    about: 'Days that failed runs are kept.',
  }),
  SIGNALBOX_RETENTION_DAYS_CANCELLED: setting({
    group: 'Retention',
    readBy: ['web', 'coordinator'],
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
    readBy: ['web'],
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
