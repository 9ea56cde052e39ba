import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { agentTokens } from '#db/schema/index.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { notFound } from '#server/domain/errors.ts';
import { type AgentTokenId, fromUuid, idSchema, makeId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { lastFour, makeKey } from '#server/identity/key-format.ts';
import { digest } from '#server/identity/tokens.ts';
import type { Services } from '../context.ts';
import { makerRole, whyTokenStopped } from '../key/maker.ts';
import { idempotencyKeySchema, makeShownOnce } from '../make-once.ts';
import { beyond, inOrder, orderField, type Page, pageFields, sortableTime, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

const createSchema = z.strictObject({
  /** The name that the agent registers with. */
  agent: z.string().trim().min(1).max(128),
  /** Null: never. */
  expiresInDays: z.int().min(1).max(3650).nullable().default(null),
  idempotencyKey: idempotencyKeySchema.optional(),
});
type NewToken = AgentTokenView & { token: string };
export const AGENT_TOKEN_SORTS = ['created', 'agent', 'used'] as const;

const listSchema = z.strictObject({
  ...pageFields,
  /** The whole name of one. */
  agent: z.string().max(128).optional(),
  sort: z.enum(AGENT_TOKEN_SORTS).default('created'),
  order: orderField.default('asc'),
});

const SORTED: Record<(typeof AGENT_TOKEN_SORTS)[number], SQL<string>> = {
  created: sql`${agentTokens.id}::text`,
  agent: sql`${agentTokens.agentName}`,
  used: sortableTime(agentTokens.lastUsedAt),
};
const revokeSchema = z.strictObject({ id: idSchema('agentToken') });

export interface AgentTokenView {
  id: AgentTokenId;
  agent: string;
  lastFour: string;
  expiresAt: Date | null;
  createdAt: Date;
  lastUsedAt: Date | null;
  /** Why it is refused though nobody has revoked it. */
  stoppedBecause: string | null;
}

/** For one agent, in all its processes. There may be two at a time: make the new one, change over, revoke the old. */
export async function createAgentToken(
  services: Services,
  actor: Actor,
  input: z.input<typeof createSchema>,
): Promise<NewToken> {
  authorise(actor, 'key.manage');
  const { idempotencyKey, ...request } = parseInput(createSchema, input);
  return inTenant(services.db, actor.orgId, (tx) =>
    makeShownOnce(tx, actor, {
      key: idempotencyKey,
      request: { agentToken: request },
      make: () => insertToken(tx, services, { actor, asked: request }),
      advice: 'Revoke it, and make another with a new idempotency key.',
    }),
  );
}

async function insertToken(
  tx: TenantTransaction,
  services: Services,
  { actor, asked }: { actor: Actor; asked: { agent: string; expiresInDays: number | null } },
): Promise<NewToken> {
  const { agent, expiresInDays } = asked;
  const id = makeId('agentToken', services.newUuid());
  const token = makeKey('agentToken', id);
  const [made] = await tx
    .insert(agentTokens)
    .values({
      id: toUuid(id),
      orgId: toUuid(actor.orgId),
      agentName: agent,
      secretHash: digest(token),
      lastFour: lastFour(token),
      expiresAt: expiresInDays === null ? null : sql`now() + ${expiresInDays}::int * interval '1 day'`,
      madeBy: actor.userId && toUuid(actor.userId),
    })
    .returning();
  if (!made) throw new Error('the token wrote no row');
  await noteIn(tx, auditNote(actor, 'agent-token.created', { target: id, after: { agent } }));
  return { ...toView(made), token };
}

export async function listAgentTokens(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<AgentTokenView>> {
  authorise(actor, 'key.read');
  const { limit, cursor, agent, sort, order } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `agent tokens ${sort} ${order}` };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor);
  const walk = { place: SORTED[sort], id: sql<string>`${agentTokens.id}`, order };
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ row: agentTokens, place: walk.place, makerRole: makerRole(agentTokens.madeBy) })
      .from(agentTokens)
      .where(
        and(
          isNull(agentTokens.revokedAt),
          agent === undefined ? undefined : eq(agentTokens.agentName, agent),
          beyond(walk, after),
        ),
      )
      .orderBy(...inOrder(walk))
      .limit(limit + 1),
  );
  return toPage(rows, paging, {
    placeOf: ({ row, place }) => [place, row.id],
    toItems: ({ row, makerRole: role }) =>
      toView(row, whyTokenStopped({ madeBy: row.madeBy, makerRole: role })),
  });
}

export async function revokeAgentToken(
  services: Services,
  actor: Actor,
  input: z.input<typeof revokeSchema>,
): Promise<void> {
  authorise(actor, 'key.manage');
  const { id } = parseInput(revokeSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const [gone] = await tx
      .update(agentTokens)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(agentTokens.id, toUuid(id)), isNull(agentTokens.revokedAt)))
      .returning({ agent: agentTokens.agentName });
    if (!gone) throw notFound('agent token', id);
    await noteIn(tx, auditNote(actor, 'agent-token.revoked', { target: id, before: gone }));
  });
  await services.identity.access.changed(id);
}

function toView(row: typeof agentTokens.$inferSelect, stoppedBecause: string | null = null): AgentTokenView {
  const { id, agentName, lastFour, expiresAt, createdAt, lastUsedAt } = row;
  return {
    id: fromUuid('agentToken', id),
    agent: agentName,
    ...{ lastFour, expiresAt, createdAt, lastUsedAt, stoppedBecause },
  };
}
