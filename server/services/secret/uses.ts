import { and, arrayContains, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { mcpConnections, secrets } from '#db/schema/index.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import { isConnectionSecret, MCP_SECRETS } from '#server/domain/mcp.ts';
import { isSigningSecret, SIGNING_PREFIX } from '#server/domain/notifications.ts';
import { malformedReference, referenceTo, secretsNamedIn } from '#server/domain/secret-references.ts';
import { type Actor, may } from '#server/identity/actor.ts';

const MAX_SHOWN = 10;

/** Secrets of the program's own are nobody's to store, delete or name. */
export function refuseReserved(name: string): void {
  if (!isSigningSecret(name) && !isConnectionSecret(name)) return;
  throw invalid(
    `Secrets under ${SIGNING_PREFIX} sign notifications, those under ${MCP_SECRETS} belong to MCP connections, and ${name} would be one of them.`,
    undefined,
    'Choose another name. A signing secret is replaced by rotating it, the credentials of a connection by changing that.',
  );
}

/**
 * The secrets that values of a connection name. Throws unless each is there and the actor may use it: where the values
 * are sent is for whoever connects the server to say. Nobody deletes one of them before the transaction has ended.
 */
export async function secretsNamedBy(
  tx: TenantTransaction,
  actor: Actor,
  sealed: Readonly<Record<string, string>>,
): Promise<string[]> {
  for (const [place, value] of Object.entries(sealed)) {
    const wrong = malformedReference(value);
    if (wrong !== null) throw noReference(place, wrong);
  }
  const names = secretsNamedIn(Object.values(sealed));
  if (names.length === 0) return [];
  if (!may(actor, 'secret.manage')) throw notYours(names);
  for (const name of names) refuseReserved(name);
  const found = await tx
    .select({ name: secrets.name })
    .from(secrets)
    .where(and(eq(secrets.orgId, toUuid(actor.orgId)), inArray(secrets.name, names)))
    .orderBy(asc(secrets.name))
    .for('share');
  const unknown = names.filter((name) => !found.some((each) => each.name === name));
  if (unknown.length > 0) throw notThere(unknown);
  return names;
}

const ofConnectionsWith = ({ orgId }: Actor, name: string): SQL | undefined =>
  and(eq(mcpConnections.orgId, toUuid(orgId)), arrayContains(mcpConnections.secretNames, [name]));

/** Throws if a connection would be left without it. The row of the secret is to be locked first. */
export async function refuseIfUsed(tx: TenantTransaction, actor: Actor, name: string): Promise<void> {
  const users = await tx
    .select({ slug: mcpConnections.slug })
    .from(mcpConnections)
    .where(ofConnectionsWith(actor, name))
    .orderBy(asc(mcpConnections.slug));
  if (users.length > 0)
    throw inUse(
      name,
      users.map(({ slug }) => slug),
    );
}

/** Sessions that were opened with the value of before are ended. Answers which connections use it, by their slugs. */
export async function reconnectUsers(tx: TenantTransaction, actor: Actor, name: string): Promise<string[]> {
  // Always in this order, so that two secrets of the same connections can be stored at once.
  const users = await tx
    .select({ id: mcpConnections.id, slug: mcpConnections.slug })
    .from(mcpConnections)
    .where(ofConnectionsWith(actor, name))
    .orderBy(asc(mcpConnections.id))
    .for('no key update');
  if (users.length === 0) return [];
  const ids = users.map(({ id }) => id);
  await tx
    .update(mcpConnections)
    .set({ version: sql`${mcpConnections.version} + 1` })
    .where(inArray(mcpConnections.id, ids));
  return users.map(({ slug }) => slug).sort();
}

/** Which connections use each of these secrets, by their slugs. */
export async function usersOf(
  tx: TenantTransaction,
  actor: Actor,
  names: readonly string[],
): Promise<Map<string, string[]>> {
  const users = new Map(names.map((name) => [name, [] as string[]]));
  if (names.length === 0) return users;
  const rows = await tx
    .select({ slug: mcpConnections.slug, secretNames: mcpConnections.secretNames })
    .from(mcpConnections)
    .where(and(eq(mcpConnections.orgId, toUuid(actor.orgId)), sql`${mcpConnections.secretNames} <> '{}'`))
    .orderBy(asc(mcpConnections.slug));
  for (const { slug, secretNames } of rows) for (const name of secretNames) users.get(name)?.push(slug);
  return users;
}

function noReference(place: string, found: string): SignalboxError {
  return invalid(
    `In ${place}, ${found} begins like a reference to a secret and is none.`,
    undefined,
    `Write ${referenceTo('NAME')} with the name of a stored secret: letters, digits and _ . / -.`,
  );
}

function notYours(names: readonly string[]): SignalboxError {
  return new SignalboxError(
    'FORBIDDEN',
    `The values name stored secrets (${listed(names)}), which takes the right to manage secrets (secret.manage).`,
    { advice: 'Write the values out, or ask an owner or admin to connect the server.' },
  );
}

function notThere(names: readonly string[]): SignalboxError {
  return invalid(
    names.length === 1
      ? `There is no secret ${names[0]}, which the values name.`
      : `There are no secrets ${listed(names)}, which the values name.`,
    undefined,
    'Store it first (PUT /api/v1/secrets/{name}, or in the settings), or check how its name is written.',
  );
}

function inUse(name: string, slugs: readonly string[]): SignalboxError {
  const connections = slugs.length === 1 ? 'the MCP connection' : 'the MCP connections';
  return new SignalboxError('CONFLICT', `The secret ${name} is used by ${connections} ${listed(slugs)}.`, {
    advice: 'Give them other headers or variables first, or delete them.',
  });
}

const listed = (names: readonly string[]): string =>
  names.length <= MAX_SHOWN
    ? names.join(', ')
    : `${names.slice(0, MAX_SHOWN).join(', ')} and ${names.length - MAX_SHOWN} more`;
