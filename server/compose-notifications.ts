import type { SecretStore } from '#server/identity/secrets/store.ts';
import { createDispatcher, type Dispatcher } from '#server/notifications/dispatcher.ts';
import { createLinks } from '#server/notifications/links.ts';
import { createMailSender } from '#server/notifications/mail.ts';
import { createNotificationOffice, type NotificationOffice } from '#server/notifications/office.ts';
import { createSender, type SenderOptions } from '#server/notifications/sender.ts';
import { createSigningKeys } from '#server/notifications/signing-keys.ts';
import { createWebhookSender } from '#server/notifications/webhook.ts';
import type { Env } from '#server/platform/env.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { Metrics } from '#server/platform/metrics.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import type { Ports } from './compose-ports.ts';

export interface NotificationParts {
  env: Env;
  ports: Ports;
  secrets: SecretStore;
  fetch: SafeFetch;
  logger: Logger;
  newUuid(): string;
  metrics: Pick<Metrics, 'countDelivery'>;
  mayHear: SenderOptions['mayHear'];
}

const TIMEOUT_MS = 15_000;
/** Room for a mail's several steps, each of which may take as long. */
const LEASE_MS = 120_000;

export interface Notifications {
  office: NotificationOffice;
  dispatcher: Dispatcher;
}

export function makeNotifications({
  env,
  ports,
  secrets,
  fetch,
  logger,
  newUuid,
  metrics,
  mayHear,
}: NotificationParts): Notifications {
  const { beatSql: sql } = ports;
  const send = createSender({
    sendWebhook: createWebhookSender({
      fetch,
      signingSecrets: createSigningKeys(sql, secrets),
      now: Date.now,
      timeoutMs: TIMEOUT_MS,
    }),
    sendMail: createMailSender({
      server: env.mailServer,
      timeoutMs: TIMEOUT_MS,
      onUnsent: (mail) => logger.info({ mail }, 'a mail was not sent: no mail server is configured'),
    }),
    mayHear,
    random: Math.random,
    onTried: metrics.countDelivery,
  });
  const local = env.port === 0 ? undefined : `http://127.0.0.1:${env.port}`;
  return {
    office: createNotificationOffice({ sql, send, newUuid, now: Date.now, leaseMs: LEASE_MS }),
    dispatcher: createDispatcher({
      ...{ sql, send, newUuid },
      links: createLinks(env.publicUrl ?? local),
      waitMs: env.notifyWaitMs,
      leaseMs: LEASE_MS,
      onTrouble: (message, error) => logger.warn({ err: error }, message),
    }),
  };
}
