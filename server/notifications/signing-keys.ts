import type { Sql } from '#db/client.ts';
import { fromUuid } from '#server/domain/ids.ts';
import { DEFAULT_SIGNING, MAX_SIGNING_SECRETS, signingSecretName } from '#server/domain/notifications.ts';
import type { SecretStore } from '#server/identity/secrets/store.ts';

/** The secrets that sign for a target now, the current one first; without a target, those of the tenant. */
export type ReadSigningSecrets = (orgUuid: string, targetId: string | null) => Promise<string[]>;

export function createSigningKeys(sql: Sql, secrets: Pick<SecretStore, 'read'>): ReadSigningSecrets {
  return async (orgUuid, targetId) => {
    const scope = targetId ?? DEFAULT_SIGNING;
    const [row] = await sql<{ number: number; hasMore: boolean }[]>`
      SELECT number, coalesce(previous_until > now(), false) AS "hasMore" FROM notification_signing
      WHERE org_id = ${orgUuid}::text::uuid AND scope = ${scope}`;
    if (!row) return [];
    const numbers = Array.from(
      { length: row.hasMore ? MAX_SIGNING_SECRETS : 1 },
      (_, back) => row.number - back,
    );
    const found = await Promise.all(
      numbers.map((number) => secrets.read(fromUuid('org', orgUuid), signingSecretName(scope, number))),
    );
    return found.filter((secret) => secret !== null);
  };
}
