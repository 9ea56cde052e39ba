import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { mcpSignIns, secrets } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { invalid } from '#server/domain/errors.ts';
import { fromUuid, idSchema, type McpConnectionId, toUuid } from '#server/domain/ids.ts';
import { EVERYBODY, signInSecretPrefix } from '#server/domain/mcp.ts';

export {
  CALLBACK_PATH,
  CLIENT_DOCUMENT_PATH,
  clientDocumentAt,
  clientMetadata,
} from '#server/gateway/sign-ins/flow.ts';

import { connectionOfState } from '#server/gateway/sign-ins/flow.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { authoriseChange, type ConnectionRow, loadConnection } from './connection-view.ts';

const idOnly = z.strictObject({ id: idSchema('mcpConnection') });
const beginSchema = z.strictObject({
  ...idOnly.shape,
  /** Of this server, as the browser knows it. */
  origin: z.url({ protocol: /^https?$/ }),
});

/** Where the browser shall go to sign in at the server. What it comes back with counts in the same session. */
export async function beginConnectionSignIn(
  services: Services,
  actor: Actor,
  input: z.input<typeof beginSchema>,
): Promise<{ url: string }> {
  authorise(actor, 'mcp.read');
  const { userId, sessionId } = personOf(actor);
  const { id, origin } = parseInput(beginSchema, input);
  await inTenant(services.db, actor.orgId, async (tx) =>
    authoriseSignIn(actor, await loadConnection(tx, actor, id)),
  );
  const { connections } = await services.gateway.directoryOf(actor.orgId);
  const connection = connections.get(toUuid(id));
  if (!connection?.enabled) throw invalid('The connection is switched off.');
  const url = await services.gateway.signIns.begin({
    ...{ connection, origin, userUuid: toUuid(userId), sessionUuid: toUuid(sessionId) },
  });
  return { url: url.href };
}

/** The browser has come back. Its tools are looked at right away, as whoever has signed in. */
export async function finishConnectionSignIn(
  services: Services,
  actor: Actor,
  query: URLSearchParams,
): Promise<McpConnectionId> {
  authorise(actor, 'mcp.read');
  const { userId, sessionId } = personOf(actor);
  const begun = connectionOfState(query.get('state') ?? '');
  // What they might when they went they may not any more, perhaps.
  if (begun !== null)
    await inTenant(services.db, actor.orgId, async (tx) =>
      authoriseSignIn(actor, await loadConnection(tx, actor, fromUuid('mcpConnection', begun))),
    );
  const { connectionUuid } = await services.gateway.signIns.finish({
    ...{ orgId: actor.orgId, userUuid: toUuid(userId), sessionUuid: toUuid(sessionId), query },
  });
  const id = fromUuid('mcpConnection', connectionUuid);
  await services.record(actor, 'mcp-connection.signed-in', { target: id });
  await services.gateway.changed(actor.orgId);
  await services.gateway.examine(actor.orgId, connectionUuid, toUuid(userId));
  return id;
}

/** The tokens are forgotten, and nobody uses them from now on. */
export async function endConnectionSignIn(
  services: Services,
  actor: Actor,
  input: z.input<typeof idOnly>,
): Promise<void> {
  authorise(actor, 'mcp.read');
  const { id } = parseInput(idOnly, input);
  await inTenant(services.db, actor.orgId, async (tx) => {
    const row = await loadConnection(tx, actor, id);
    authoriseSignIn(actor, row);
    const holder = row.signIn?.mode === 'each' ? toUuid(personOf(actor).userId) : EVERYBODY;
    const name = `${signInSecretPrefix(toUuid(id))}${holder}`;
    await tx
      .delete(mcpSignIns)
      .where(and(eq(mcpSignIns.connectionId, row.id), eq(mcpSignIns.holderId, holder)));
    await tx.delete(secrets).where(and(eq(secrets.orgId, toUuid(actor.orgId)), eq(secrets.name, name)));
    await noteIn(tx, auditNote(actor, 'mcp-connection.signed-out', { target: id }));
  });
  await services.gateway.changed(actor.orgId);
}

/** Each for themselves, if they may call at all; for everybody those who may change the connection. */
function authoriseSignIn(actor: Actor, row: ConnectionRow): void {
  if (row.signIn?.mode === 'each') authorise(actor, 'mcp.call');
  else authoriseChange(actor, row);
}
