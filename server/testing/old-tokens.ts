import { toUuid } from '#server/domain/ids.ts';
import { createSealedNotes, type SecretPort } from '#server/gateway/sign-ins/notes.ts';
import type { KeptTokens } from '#server/gateway/sign-ins/renewals.ts';
import type { TestApp } from './app.ts';

const LEFT_MS = 30_000;

/**
 * Tokens of a sign-in at an MCP server are near their end, as these programs know it from now on. Those that come next are
 * not: whoever asks for them first, and were it the program by itself, leaves no other request to be made.
 */
export async function ageTokens(
  [program, ...others]: readonly [TestApp, ...TestApp[]],
  { connectionId, holderUuid }: { connectionId: string; holderUuid: string },
): Promise<void> {
  const { orgId } = program.actor;
  // Verbs are shown no more of the store than that they may seal.
  const secrets = program.services.secrets as SecretPort;
  const notes = createSealedNotes(program.database.sql, secrets);
  const place = { orgUuid: toUuid(orgId), connectionUuid: toUuid(connectionId as never), name: holderUuid };
  const tokens = await notes.read<KeptTokens>(place);
  if (!tokens) throw new Error('nobody has signed in there');
  await notes.write(place, { ...tokens, expiresAt: Date.now() + LEFT_MS });
  for (const each of [program, ...others]) await each.services.gateway.changed(orgId);
}
