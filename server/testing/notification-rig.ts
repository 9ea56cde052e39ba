import { randomBytes } from 'node:crypto';
import { connectDatabase, type Sql } from '#db/client.ts';
import { addDeliveries, type NewDelivery } from '#db/queries/notification-deliveries.ts';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { signingSecretName } from '#server/domain/notifications.ts';
import { createSecretStore } from '#server/identity/secrets/store.ts';
import { createDispatcher } from '#server/notifications/dispatcher.ts';
import { createLinks } from '#server/notifications/links.ts';
import { createMailSender, type MailServer } from '#server/notifications/mail.ts';
import { createSender } from '#server/notifications/sender.ts';
import { createSigningKeys } from '#server/notifications/signing-keys.ts';
import { createWebhookSender } from '#server/notifications/webhook.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';

export const newUuid = createUuidSource(Date.now);
const KEYS = [{ id: 'test', bytes: new Uint8Array(32).fill(7) }] as const;
const ORG = toUuid(DEFAULT_ORG_ID);

export interface RigOptions {
  url: string;
  allow?: readonly string[];
  timeoutMs?: number;
  leaseMs?: number;
  waitMs?: number;
  mailServer?: MailServer;
}

export interface RunningDispatcher extends AsyncDisposable {
  troubles: unknown[];
  /** What metrics are told. */
  tries: { kind: string; state: string; seconds: number }[];
  /** Resolves when nothing of it is under way; it takes on nothing more. */
  drain(): Promise<void>;
}

/** A dispatcher on a database, with nothing else of the program around it. */
export function startDispatcher(options: RigOptions): RunningDispatcher {
  const { timeoutMs = 30_000 } = options;
  const sql = connectDatabase({ url: options.url, applicationName: 'test-notifications', max: 3 });
  const fetch = createSafeFetch({ allow: options.allow ?? ['127.0.0.0/8'] });
  const troubles: unknown[] = [];
  const tries: RunningDispatcher['tries'] = [];
  const dispatcher = createDispatcher({
    ...{ sql, newUuid },
    links: createLinks('https://signalbox.example.org'),
    send: createSender({
      sendWebhook: createWebhookSender({
        ...{ fetch, timeoutMs },
        signingSecrets: createSigningKeys(sql, createSecretStore(sql, KEYS)),
        now: Date.now,
      }),
      sendMail: createMailSender({ server: options.mailServer, timeoutMs, onUnsent: () => undefined }),
      mayHear: async () => true,
      random: () => 0.5,
      onTried: (tried) => tries.push(tried),
    }),
    waitMs: options.waitMs ?? 1,
    leaseMs: options.leaseMs ?? 120_000,
    ...{ pollMs: 20, lookMs: 50 },
    onTrouble: (_message, error) => troubles.push(error),
  });
  dispatcher.start();
  return {
    troubles,
    tries,
    drain: () => dispatcher.stop(60_000),
    async [Symbol.asyncDispose]() {
      await dispatcher.stop(0);
      fetch.close();
      await sql.end({ timeout: 5 });
    },
  };
}

/** The secret that signs webhooks of no target. */
export async function giveSecret(sql: Sql, scope = 'default', number = 1): Promise<string> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const name = signingSecretName(scope, number);
  const { keyId, wrappedKey, sealed } = createSecretStore(sql, KEYS).seal(secret, {
    ...{ orgUuid: ORG, name },
    version: 1,
  });
  await sql`INSERT INTO secrets (org_id, name, version, key_id, wrapped_key, sealed)
    VALUES (${ORG}::text::uuid, ${name}, 1, ${keyId}, ${wrappedKey}, ${sealed})`;
  await sql`INSERT INTO notification_signing (org_id, scope, number) VALUES (${ORG}::text::uuid, ${scope}, ${number})
    ON CONFLICT (org_id, scope) DO UPDATE SET number = excluded.number, previous_until = now() + interval '1 hour'`;
  return secret;
}

/** Something to be told to an address that a run has named; says the delivery's bare id. */
export async function giveDelivery(
  sql: Sql,
  given: Partial<NewDelivery> & { address: string },
): Promise<string> {
  const id = newUuid().replaceAll('-', '');
  await addDeliveries(sql, [
    {
      ...{ id, orgId: ORG, targetId: null, kind: 'webhook', event: 'run.failed', runId: null, askedBy: null },
      ...{ eventKey: `test:${id}`, listener: 'run webhook', triesLeft: 10 },
      body: {
        type: 'run.failed',
        timestamp: '2026-01-02T03:04:05.000Z',
        data: { run_id: 'run_1', pipeline_name: 'daily', error: null },
      },
      ...given,
    },
  ]);
  return id;
}

export interface DeliveryRow {
  state: string;
  attempts: number;
  triesLeft: number;
  status: number | null;
  error: string | null;
  /** Until the next try. */
  inMs: number | null;
}

export async function readDelivery(sql: Sql, id: string): Promise<DeliveryRow> {
  const [row] = await sql<DeliveryRow[]>`
    SELECT state, attempts, tries_left AS "triesLeft", last_status AS status, last_error AS error,
      (extract(epoch FROM next_at - last_at) * 1000)::float8 AS "inMs"
    FROM notification_deliveries WHERE id = ${id}::text::uuid`;
  if (!row) throw new Error(`there is no delivery ${id}`);
  return row;
}

/** As if the time had come. What the last try left is wiped, so that the next one's is seen when it comes. */
export async function makeDue(sql: Sql, id: string): Promise<void> {
  await sql`UPDATE notification_deliveries SET next_at = now(), last_error = NULL
    WHERE id = ${id}::text::uuid AND state = 'waiting'`;
}
