import type { SignInSettings, SignInState } from '#server/domain/mcp.ts';
import type { Sql } from '../client.ts';

/** Somebody's sign-in at one server. */
export interface SignInPlace {
  orgUuid: string;
  connectionUuid: string;
  holderUuid: string;
}

export interface SignInRow {
  state: SignInState;
  scope: string | null;
  wantedScope: string | null;
  canRenew: boolean;
  expiresAt: Date | null;
  problem: string | null;
}

export async function readSignIn(sql: Sql, place: SignInPlace): Promise<SignInRow | null> {
  const [row] = await sql<SignInRow[]>`
    SELECT state, scope, wanted_scope AS "wantedScope", can_renew AS "canRenew", expires_at AS "expiresAt", problem
    FROM mcp_sign_ins WHERE org_id = ${place.orgUuid}::text::uuid AND connection_id = ${place.connectionUuid}::text::uuid
      AND holder_id = ${place.holderUuid}::text::uuid`;
  return row ?? null;
}

export interface NewSignIn extends SignInPlace {
  userUuid: string | null;
  issuer: string;
  scope: string | null;
  canRenew: boolean;
  lifeMs: number | null;
}

/** Of a new sign-in, or of tokens that were renewed. Nothing is written where there is no such connection or member. */
export async function writeSignedIn(sql: Sql, row: NewSignIn): Promise<boolean> {
  const done = await sql`
    INSERT INTO mcp_sign_ins (connection_id, org_id, holder_id, user_id, state, issuer, scope, can_renew, expires_at)
    SELECT id, org_id, ${row.holderUuid}::text::uuid, ${row.userUuid}::text::uuid, 'signed-in', ${row.issuer}, ${row.scope}::text,
      ${row.canRenew}::boolean, now() + ${row.lifeMs}::float8 * interval '1 ms'
    FROM mcp_connections WHERE id = ${row.connectionUuid}::text::uuid AND org_id = ${row.orgUuid}::text::uuid
      AND (${row.userUuid}::text IS NULL OR EXISTS (SELECT FROM memberships
        WHERE org_id = ${row.orgUuid}::text::uuid AND user_id = ${row.userUuid}::text::uuid))
    ON CONFLICT (connection_id, holder_id) DO UPDATE SET state = 'signed-in', issuer = excluded.issuer,
      scope = excluded.scope, wanted_scope = NULL, can_renew = excluded.can_renew, expires_at = excluded.expires_at,
      problem = NULL, renewing_until = NULL, changed_at = now()`;
  return done.count > 0;
}

/** Tokens were renewed; what was asked for beyond them stands. False where somebody has signed out meanwhile. */
export async function writeRenewed(
  sql: Sql,
  place: SignInPlace,
  { lifeMs, scope }: { lifeMs: number | null; scope: string | null },
): Promise<boolean> {
  const done = await sql`
    UPDATE mcp_sign_ins SET state = 'signed-in', scope = coalesce(${scope}::text, scope), renewing_until = NULL,
      expires_at = now() + ${lifeMs}::float8 * interval '1 ms'
    WHERE org_id = ${place.orgUuid}::text::uuid AND connection_id = ${place.connectionUuid}::text::uuid
      AND holder_id = ${place.holderUuid}::text::uuid`;
  return done.count > 0;
}

/** Somebody has to sign in again: the tokens are of no use. Where more is wanted, they still are for what they allow. */
export async function writeNeeded(
  sql: Sql,
  place: SignInPlace,
  { problem, wantedScope = null }: { problem: string; wantedScope?: string | null },
): Promise<void> {
  await sql`
    UPDATE mcp_sign_ins SET problem = ${problem},
      state = CASE WHEN ${wantedScope}::text IS NULL THEN 'needed' ELSE state END, wanted_scope = coalesce(${wantedScope}::text, wanted_scope),
      renewing_until = NULL, changed_at = CASE WHEN state = 'needed' THEN changed_at ELSE now() END
    WHERE org_id = ${place.orgUuid}::text::uuid AND connection_id = ${place.connectionUuid}::text::uuid
      AND holder_id = ${place.holderUuid}::text::uuid`;
}

/** True: the caller alone may renew it for a while. Who dies with it holds nobody up for longer. */
export async function leaseRenewal(sql: Sql, place: SignInPlace, leaseMs: number): Promise<boolean> {
  const done = await sql`
    UPDATE mcp_sign_ins SET renewing_until = now() + ${leaseMs}::float8 * interval '1 ms'
    WHERE org_id = ${place.orgUuid}::text::uuid AND connection_id = ${place.connectionUuid}::text::uuid
      AND holder_id = ${place.holderUuid}::text::uuid AND (renewing_until IS NULL OR renewing_until < now())`;
  return done.count > 0;
}

export async function endRenewal(sql: Sql, place: SignInPlace): Promise<void> {
  await sql`
    UPDATE mcp_sign_ins SET renewing_until = NULL
    WHERE org_id = ${place.orgUuid}::text::uuid AND connection_id = ${place.connectionUuid}::text::uuid
      AND holder_id = ${place.holderUuid}::text::uuid`;
}

/** Tokens that will soon be too old, the oldest first. */
export async function dueForRenewal(sql: Sql, aheadMs: number, limit: number): Promise<SignInPlace[]> {
  return sql<SignInPlace[]>`
    SELECT replace(org_id::text, '-', '') AS "orgUuid", replace(connection_id::text, '-', '') AS "connectionUuid",
      replace(holder_id::text, '-', '') AS "holderUuid"
    FROM mcp_sign_ins WHERE state = 'signed-in' AND can_renew AND expires_at < now() + ${aheadMs}::float8 * interval '1 ms'
      AND (renewing_until IS NULL OR renewing_until < now())
    ORDER BY expires_at LIMIT ${limit}`;
}

/** The first token decides who may give out any: later ones come from nobody else. False: it was another. */
export async function pinIssuer(sql: Sql, place: SignInPlace, issuer: string): Promise<boolean> {
  const done = await sql<{ signIn: SignInSettings }[]>`
    UPDATE mcp_connections SET sign_in = (sign_in::jsonb || jsonb_build_object('issuer', ${issuer}::text))::json
    WHERE id = ${place.connectionUuid}::text::uuid AND org_id = ${place.orgUuid}::text::uuid AND sign_in IS NOT NULL
      AND coalesce(sign_in->>'issuer', ${issuer}) = ${issuer}
    RETURNING sign_in AS "signIn"`;
  return done.count > 0;
}

interface SealedRow {
  version: number;
  keyId: string;
  wrappedKey: Uint8Array;
  sealed: Uint8Array;
}

export async function versionOfSecret(sql: Sql, orgUuid: string, name: string): Promise<number> {
  const [row] = await sql<{ version: number }[]>`
    SELECT version FROM secrets WHERE org_id = ${orgUuid}::text::uuid AND name = ${name}`;
  return row?.version ?? 0;
}

export async function writeSecret(
  sql: Sql,
  orgUuid: string,
  { name, version, keyId, wrappedKey, sealed }: SealedRow & { name: string },
): Promise<void> {
  await sql`
    INSERT INTO secrets (org_id, name, version, key_id, wrapped_key, sealed)
    VALUES (${orgUuid}::text::uuid, ${name}, ${version}, ${keyId}, ${wrappedKey}, ${sealed})
    ON CONFLICT (org_id, name) DO UPDATE SET version = excluded.version, key_id = excluded.key_id,
      wrapped_key = excluded.wrapped_key, sealed = excluded.sealed, updated_at = now()`;
}

/** True: it was there, and whoever asks is the only one who has taken it. */
export async function takeSecret(sql: Sql, orgUuid: string, name: string): Promise<boolean> {
  const done = await sql`DELETE FROM secrets WHERE org_id = ${orgUuid}::text::uuid AND name = ${name}`;
  return done.count > 0;
}
