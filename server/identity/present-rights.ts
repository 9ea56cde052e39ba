import type { Sql } from '#db/client.ts';
import { fromUuid, type PipelineId, toUuid } from '#server/domain/ids.ts';
import { type Actor, NO_GRANTS, type Rights } from './actor.ts';
import { ceilingOf, KEY_COLUMNS, type KeyRow, toKeyActor } from './keys.ts';
import type { Role } from './permissions.ts';

/**
 * Whoever asked for work that goes on without them, with the rights that they have now: none, if they are no member any more or
 * the key has ended. Who was signed in elsewhere has what the token said: nobody here could take it away.
 */
export async function readPresentRights(sql: Sql, actor: Actor): Promise<Actor> {
  if (actor.kind === 'person') return { ...actor, ...(await rightsOfPerson(sql, actor)) };
  if (actor.kind === 'app') {
    const [app] = await sql`SELECT 1 FROM app_connections WHERE id = ${toUuid(actor.id)}::text::uuid`;
    return { ...actor, ...(app ? await rightsOfPerson(sql, actor) : NOTHING) };
  }
  if (actor.kind !== 'key') return actor;
  const [row] = await sql<KeyRow[]>`
    SELECT ${sql.unsafe(KEY_COLUMNS)} FROM api_keys k LEFT JOIN memberships m ON m.org_id = k.org_id AND m.user_id = k.made_by
    WHERE k.id = ${toUuid(actor.id)}::text::uuid AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`;
  const ceiling = row && ceilingOf(row);
  if (!row || !ceiling) return { ...actor, ...NOTHING };
  return { ...toKeyActor(row, ceiling), from: actor.from };
}

const NOTHING: Rights = { role: null, grants: NO_GRANTS };

async function rightsOfPerson(sql: Sql, { orgId, userId }: Actor): Promise<Rights> {
  if (userId === null) return NOTHING;
  const [row] = await sql<{ role: Role; grants: string[] }[]>`
    SELECT m.role, coalesce((SELECT json_agg(g.pipeline_id) FROM pipeline_grants g
      WHERE g.org_id = m.org_id AND g.user_id = m.user_id), '[]') AS grants
    FROM memberships m WHERE m.org_id = ${toUuid(orgId)}::text::uuid AND m.user_id = ${toUuid(userId)}::text::uuid`;
  if (!row) return NOTHING;
  return { role: row.role, grants: new Set(row.grants.map((id): PipelineId => fromUuid('pipe', id))) };
}
