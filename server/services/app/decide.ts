import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { idSchema, type OrgId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { AppRequest, Place } from '#server/identity/apps/apps.ts';
import type { Reach } from '#server/identity/apps/places.ts';
import { SCOPES, type Scope } from '#server/identity/permissions.ts';
import { personOf } from '../account/person-of.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';

export const requestIdSchema = z.string().regex(/^[\w-]{20,64}$/, 'must be the id of a request');

const askedSchema = z.strictObject({
  id: requestIdSchema,
  place: z.custom<Place>(),
  /** What this browser was given when the program sent it here. */
  shown: z.string().optional(),
});
const decideSchema = z.strictObject({
  ...askedSchema.shape,
  /** The organisation that was shown: the session may have gone over to another one since. */
  orgId: idSchema('org'),
  /** Null: the program stays out. */
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).nullable(),
});

/** Whom people are asked about. */
export interface AskingApp {
  id: string;
  name: string;
  /** The site that says who it is, and stands for that; null: nobody does but the program itself. */
  site: string | null;
  /** Where the browser would be sent back to: a site, a program on this machine, or one with a scheme of its own. */
  redirect: { kind: 'site' | 'machine' | 'scheme'; host: string };
  scopes: Scope[];
  /** What it could use. */
  reach: Reach;
  orgId: OrgId;
}

/** What a program asks for, to the one browser that it sent. */
export async function lookAtRequest(
  services: Services,
  actor: Actor,
  input: z.input<typeof askedSchema>,
): Promise<AskingApp> {
  personOf(actor);
  const { id, place, shown } = parseInput(askedSchema, input);
  const found = await services.identity.apps.look(place, { id, shown });
  if (!found) throw isOver();
  return { ...describe(found), orgId: actor.orgId };
}

/** Lets it in, or not. Answers with where the browser goes on. */
export async function decideRequest(
  services: Services,
  actor: Actor,
  input: z.input<typeof decideSchema>,
): Promise<{ goOn: string }> {
  personOf(actor);
  const { id, place, shown, orgId, scopes } = parseInput(decideSchema, input);
  if (orgId !== actor.orgId) {
    throw new SignalboxError('OTHER_ORG', 'Your session is in another organisation by now.', {
      advice: 'Load the page anew, and look for which one you are asked.',
    });
  }
  const { apps } = services.identity;
  const found = await apps.look(place, { id, shown });
  if (!found) throw isOver();
  const { name, redirect } = describe(found);
  if (scopes === null) {
    await services.record(actor, 'app.refused', { target: null, after: { name, client_id: found.clientId } });
    return { goOn: await apps.decide(place, { id, app: null, scopes: [] }) };
  }
  const given = found.scopes.filter((scope) => scopes.includes(scope));
  const { clientId, path } = found;
  const what = { clientId, name, redirectHost: redirect.host, scopes: given, path };
  const app = await apps.create(actor, what);
  if (!app) throw isOver();
  return { goOn: await apps.decide(place, { id, app, scopes: given }) };
}

function describe({ id, clientId, name, redirectUri, scopes, reach }: AppRequest): Omit<AskingApp, 'orgId'> {
  const site = clientId.startsWith('https:') ? new URL(clientId).host : null;
  const { protocol, host } = new URL(redirectUri);
  const redirect =
    protocol === 'https:'
      ? ({ kind: 'site', host } as const)
      : protocol === 'http:'
        ? ({ kind: 'machine', host } as const)
        : ({ kind: 'scheme', host: protocol } as const);
  return { id, name: name ?? site ?? 'A program without a name', site, redirect, scopes, reach };
}

const isOver = () =>
  new SignalboxError('NOT_FOUND', 'There is no such request, or it is over.', {
    advice: 'Begin again in the program, and answer in the browser that it opens.',
  });
