import { SignalboxError } from '#server/domain/errors.ts';
import type { UserId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Flow } from '#server/identity/flows.ts';
import type { Introduced, Provider } from '#server/identity/provider-schema.ts';

import type { Services } from '../context.ts';
import { greet, openSession, type SignedIn } from './open-session.ts';

export interface CameBack {
  provider: string;
  /** What the browser shows from when it went. */
  browserToken: string | undefined;
  query: URLSearchParams;
}

export interface Finished {
  /** A path of ours. */
  next: string;
  /** Null: whoever was signed in stays so. */
  signedIn: SignedIn | null;
  /** Why the provider does not know them from now on; they have lost nothing by it. */
  problem?: { error: unknown };
}

/** Somebody comes back from a provider. What they bring counts once, and in the browser that went. */
export async function finishProvider(services: Services, actor: Actor, came: CameBack): Promise<Finished> {
  const { providers, flows } = services.identity;
  const provider = providers.find(came.provider);
  const state = came.query.get('state') ?? '';
  const flow = await flows.end(state, came.browserToken ?? '', provider.id);
  if (!flow) throw notBegunHere();
  if (flow.userId !== null)
    return link(services, actor, { provider, flow, userId: flow.userId, query: came.query });
  const who = await providers.introduce(provider, flow, came.query);
  return { next: flow.next, signedIn: await admit(services, actor, { provider, flow, who }) };
}

/** Whoever is signed in goes back to where they were, whatever comes of it; to a stranger these pages say nothing. */
async function link(
  services: Services,
  actor: Actor,
  {
    provider,
    flow,
    userId,
    query,
  }: { provider: Provider; flow: Flow; userId: UserId; query: URLSearchParams },
): Promise<Finished> {
  if (actor.kind !== 'person') throw notBegunHere();
  const back = { next: flow.next, signedIn: null };
  try {
    const who = await services.identity.providers.introduce(provider, flow, query);
    await linkTo(services, actor, { userId, who });
    return back;
  } catch (error) {
    return { ...back, problem: { error } };
  }
}

/** Both ends are proved: the account by the session, which is the one that began, and the other by the provider. */
async function linkTo(
  services: Services,
  actor: Actor,
  { userId, who }: { userId: UserId; who: Introduced },
): Promise<void> {
  if (actor.kind !== 'person' || actor.userId !== userId) throw notBegunHere();
  const what = { target: userId, after: { issuer: who.issuer } };
  await services.identity.linked.add(userId, who, auditNote(actor, 'account.linked', what));
}

async function admit(
  services: Services,
  actor: Actor,
  { provider, flow, who }: { provider: Provider; flow: Flow; who: Introduced },
): Promise<SignedIn> {
  const { linked, links, people } = services.identity;
  const known = await linked.find(who);
  if (flow.linkHash !== null) {
    const account = known ? { userId: known } : { name: who.name, identity: who };
    const { from, sessionId: instead } = actor;
    const opened = await links.openHashed(flow.linkHash, { account, how: provider.id, from, instead });
    if (!opened) return refuse(services, actor, { provider, target: known ?? null });
    return greet(services, actor, opened);
  }
  const userId = known ?? (await welcome(services, actor, { provider, who }));
  if (userId === undefined) return refuse(services, actor, { provider, target: null });
  const [orgId] = (await people.proofOf(userId))?.orgIds ?? [];
  if (orgId) return openSession(services, actor, { userId, orgId, how: provider.id });
  return refuse(services, actor, { provider, target: userId });
}

async function refuse(
  services: Services,
  actor: Actor,
  { provider, target }: { provider: Provider; target: UserId | null },
): Promise<never> {
  await services.refusals.note(actor, { action: 'session.refused', target });
  throw notInvited(provider);
}

/** Undefined: the provider lets in only those who are known. */
async function welcome(
  { identity }: Services,
  { from }: Actor,
  { provider, who }: { provider: Provider; who: Introduced },
): Promise<UserId | undefined> {
  const { org: orgId, newcomers: role } = provider;
  if (role === undefined) return undefined;
  return identity.linked.welcome(who, { orgId, role, from });
}

function notBegunHere(): SignalboxError {
  return new SignalboxError('UNAUTHENTICATED', 'This sign-in was not begun in this browser, or is too old.', {
    advice: 'Begin again from the sign-in page.',
  });
}

function notInvited({ name }: Provider): SignalboxError {
  return new SignalboxError('FORBIDDEN', `${name} knows you, but nobody has invited you here.`, {
    advice: 'Ask an owner for an invitation.',
  });
}
