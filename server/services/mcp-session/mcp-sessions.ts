import { and, desc, eq, gte, isNull, lt, notInArray, or, sql } from 'drizzle-orm';
import { mcpSessions } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import type { LogLevel } from '#server/domain/mcp.ts';
import type { Actor } from '#server/identity/actor.ts';
import { digest, newToken } from '#server/identity/tokens.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

/** Whose it is decides over a session and nothing else does: its id opens nothing for anybody but who began it. */
type Owner = Pick<Actor, 'kind' | 'id' | 'orgId'>;
type Db = Pick<Services, 'db'>;

export interface McpSession {
  hello: JsonObject;
  subscriptions: string[];
  /** Null: it has not said. */
  logLevel: LogLevel | null;
}

const MAX_HELLO = 16_384;
/** Of one client at once: a program that never ends its own drives out its own. */
const MAX_SESSIONS = 1000;
const MAX_SUBSCRIPTIONS = 100;
const UNUSED_FOR = sql`now() - interval '1 day'`;

const helloSchema = jsonObjectSchema.refine(
  (hello) => JSON.stringify(hello).length <= MAX_HELLO,
  `is longer than ${MAX_HELLO} characters`,
);

const ownerOf = ({ kind, id }: Owner): string => `${kind}:${id}`;

const isOwn = (actor: Owner, token: string) =>
  and(eq(mcpSessions.tokenHash, digest(token)), eq(mcpSessions.actor, ownerOf(actor)));

/** One that began before addresses were kept is of the first at which it comes. */
const isOf = (path: string) => or(isNull(mcpSessions.path), eq(mcpSessions.path, path));

/** Answers with its id. Whatever nobody has used for a day goes. */
export async function openMcpSession(
  services: Db,
  actor: Owner,
  input: { hello: unknown; path: string },
): Promise<string> {
  const hello = parseInput(helloSchema, input.hello);
  const token = newToken();
  const own = eq(mcpSessions.actor, ownerOf(actor));
  await inTenant(services.db, actor.orgId, async (tx) => {
    const kept = tx
      .select({ hash: mcpSessions.tokenHash })
      .from(mcpSessions)
      .where(own)
      .orderBy(desc(mcpSessions.usedAt))
      .limit(MAX_SESSIONS - 1);
    await tx.delete(mcpSessions).where(lt(mcpSessions.usedAt, UNUSED_FOR));
    await tx.delete(mcpSessions).where(and(own, notInArray(mcpSessions.tokenHash, kept)));
    await tx.insert(mcpSessions).values({
      tokenHash: digest(token),
      orgId: toUuid(actor.orgId),
      actor: ownerOf(actor),
      hello,
      path: input.path,
    });
  });
  return token;
}

/** Counts as a use. Undefined: it has ended, is somebody else's, of another address, or never was, which are the same to the caller. */
export async function touchMcpSession(
  services: Db,
  actor: Owner,
  { token, path }: { token: string; path: string },
): Promise<McpSession | undefined> {
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .update(mcpSessions)
      .set({ usedAt: sql`now()`, path })
      // What is over may still be there: it goes when somebody begins another.
      .where(and(isOwn(actor, token), isOf(path), gte(mcpSessions.usedAt, UNUSED_FOR)))
      .returning({
        hello: mcpSessions.hello,
        subscriptions: mcpSessions.subscriptions,
        logLevel: mcpSessions.logLevel,
      }),
  );
  return row;
}

/** For the processes that have not been told. */
export async function setSessionLevel(
  services: Db,
  actor: Owner,
  { token, level }: { token: string; level: LogLevel },
): Promise<void> {
  await inTenant(services.db, actor.orgId, (tx) =>
    tx.update(mcpSessions).set({ logLevel: level }).where(isOwn(actor, token)),
  );
}

/** What it listens to, as whichever process was told last. */
export async function listSubscriptions(services: Db, actor: Owner, token: string): Promise<string[]> {
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx.select({ subscriptions: mcpSessions.subscriptions }).from(mcpSessions).where(isOwn(actor, token)),
  );
  return row?.subscriptions ?? [];
}

export async function subscribeSession(
  services: Db,
  actor: Owner,
  { token, uri }: { token: string; uri: string },
): Promise<void> {
  const { subscriptions } = mcpSessions;
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .update(mcpSessions)
      .set({ subscriptions: sql`array_append(array_remove(${subscriptions}, ${uri}), ${uri})` })
      .where(
        and(
          isOwn(actor, token),
          sql`cardinality(array_remove(${subscriptions}, ${uri})) < ${MAX_SUBSCRIPTIONS}`,
        ),
      )
      .returning({ hash: mcpSessions.tokenHash }),
  );
  if (row) return;
  throw new SignalboxError('LIMITED', `A session can listen to ${MAX_SUBSCRIPTIONS} resources.`, {
    advice: 'Unsubscribe from one first.',
  });
}

export async function unsubscribeSession(
  services: Db,
  actor: Owner,
  { token, uri }: { token: string; uri: string },
): Promise<void> {
  await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .update(mcpSessions)
      .set({ subscriptions: sql`array_remove(${mcpSessions.subscriptions}, ${uri})` })
      .where(isOwn(actor, token)),
  );
}

export async function closeMcpSession(services: Db, actor: Owner, token: string): Promise<void> {
  await inTenant(services.db, actor.orgId, (tx) => tx.delete(mcpSessions).where(isOwn(actor, token)));
}
