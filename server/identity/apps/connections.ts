import type { Sql } from '#db/client.ts';
import { type AppId, fromUuid, type PipelineId, toUuid } from '#server/domain/ids.ts';
import type { Entry } from '../access.ts';
import { type Actor, NOBODY, NOWHERE } from '../actor.ts';
import { auditNote, noteBy } from '../audit/note.ts';
import { type Role, SCOPES, type Scope } from '../permissions.ts';
import { digest } from '../tokens.ts';

/** A program that somebody lets in. */
export interface NewConnection {
  clientId: string;
  name: string;
  redirectHost: string;
  scopes: readonly Scope[];
  /** The address at which its tokens will count. */
  path: string;
}

export interface Connections {
  /** Whom a token stands for now, if it is made out for this audience: with what the person behind it may now. */
  find(token: string, audience: string, address: string | null): Promise<Entry | undefined>;
  /** Made when its person says yes. Undefined: they are no member any more. */
  create(actor: Actor, connection: NewConnection): Promise<AppId | undefined>;
  /** Whether it still stands, and its person is still a member. */
  isThere(id: string): Promise<boolean>;
  /** Ends the connection that this was granted to, with all that it was given; undefined if there is none. */
  endByGrant(grantId: string, reason: string): Promise<AppId | undefined>;
}

interface Row {
  id: string;
  org_id: string;
  user_id: string;
  name: string;
  scope: string | null;
  role: Role;
  grants: string[];
  is_quiet: boolean;
}

/** Of one person in one organisation; the one that was not used for longest makes room. */
const MAX_CONNECTIONS = 200;

export function createConnections({ sql, newUuid }: { sql: Sql; newUuid(): string }): Connections {
  return {
    async find(token, audience, address) {
      const [row] = await sql<Row[]>`
        SELECT a.id, a.org_id, a.user_id, a.name, r.payload->>'scope' AS scope, m.role,
          coalesce(a.last_used_at < now() - interval '1 minute', true) AS is_quiet,
          coalesce((SELECT json_agg(g.pipeline_id) FROM pipeline_grants g
            WHERE g.org_id = a.org_id AND g.user_id = a.user_id), '[]') AS grants
        FROM app_records r JOIN app_connections a ON a.id = r.connection_id
          JOIN memberships m ON m.org_id = a.org_id AND m.user_id = a.user_id
        WHERE r.kind = 'AccessToken' AND r.id_hash = ${digest(token)} AND r.expires_at > now()
          AND r.payload->>'aud' = ${audience}`;
      if (!row) return undefined;
      if (row.is_quiet) {
        sql`UPDATE app_connections SET last_used_at = now(), last_used_from = ${address}
          WHERE id = ${row.id}::uuid`.catch(() => undefined);
      }
      return { actor: toActor(row), allows: () => true };
    },
    create: (actor, { clientId, name, redirectHost, scopes, path }) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const [org, user] = [toUuid(actor.orgId), toUuid(actor.userId ?? '')];
        const member = await tx`SELECT 1 FROM memberships
          WHERE org_id = ${org}::text::uuid AND user_id = ${user}::text::uuid FOR SHARE`;
        if (member.length === 0) return undefined;
        // Those that never came back for a token, and those that have nothing left to show.
        await tx`DELETE FROM app_connections a WHERE allowed_at < now() - interval '1 hour'
          AND NOT EXISTS (SELECT FROM app_records r WHERE r.connection_id = a.id AND r.kind <> 'Grant' AND r.expires_at > now())`;
        await tx`DELETE FROM app_connections WHERE id IN (SELECT id FROM app_connections
          WHERE org_id = ${org}::text::uuid AND user_id = ${user}::text::uuid
          ORDER BY coalesce(last_used_at, allowed_at) DESC OFFSET ${MAX_CONNECTIONS - 1}::int)`;
        const id = newUuid();
        await tx`INSERT INTO app_connections (id, org_id, user_id, client_id, name, redirect_host, scopes, path)
          VALUES (${id}::text::uuid, ${org}::text::uuid, ${user}::text::uuid, ${clientId}, ${name}, ${redirectHost},
            ${`{${scopes.join(',')}}`}::text::text[], ${path})`;
        const target = fromUuid('app', id);
        const after = { name, client_id: clientId, redirect_host: redirectHost, scopes: [...scopes], path };
        await noteBy(tx, auditNote(actor, 'app.allowed', { target, after }));
        return target;
      }) as Promise<AppId | undefined>,
    async isThere(id) {
      const rows = await sql`SELECT 1 FROM app_connections a
        JOIN memberships m ON m.org_id = a.org_id AND m.user_id = a.user_id WHERE a.id = ${toUuid(id)}::text::uuid`;
      return rows.length > 0;
    },
    endByGrant: (grantId, reason) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const [row] = await tx<{ id: string; org_id: string; name: string }[]>`DELETE FROM app_connections
          WHERE id IN (SELECT connection_id FROM app_records WHERE kind = 'Grant' AND id_hash = ${digest(grantId)})
          RETURNING id, org_id, name`;
        if (!row) return undefined;
        const target = fromUuid('app', row.id);
        const itself = {
          ...NOBODY,
          kind: 'app',
          id: target,
          orgId: fromUuid('org', row.org_id),
          name: row.name,
        } as const;
        await noteBy(tx, auditNote(itself, 'app.ended', { target, reason }));
        return target;
      }) as Promise<AppId | undefined>,
  };
}

function toActor(row: Row): Actor {
  const words = new Set((row.scope ?? '').split(' '));
  return {
    kind: 'app',
    id: fromUuid('app', row.id),
    orgId: fromUuid('org', row.org_id),
    name: row.name,
    role: row.role,
    grants: new Set(row.grants.map((id): PipelineId => fromUuid('pipe', id))),
    scopes: SCOPES.filter((scope) => words.has(scope)),
    ceiling: null,
    agent: null,
    userId: fromUuid('user', row.user_id),
    sessionId: null,
    from: NOWHERE,
  };
}
