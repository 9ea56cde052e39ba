import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Actor, NOBODY, type Origin } from '#server/identity/actor.ts';
import type { Charges, Standing } from '#server/identity/limits/rates.ts';
import type { Services } from '#server/services/context.ts';
import { chargesOfBatch, rateClassOf } from '../operations/charges.ts';
import { namesOf, TRPC_PATH } from '../trpc/handler.ts';
import type { Match } from './router.ts';

export interface Asker {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  given: { from: Origin };
  /** Undefined: they have shown nothing that counts. */
  actor?: Actor | undefined;
}

interface LimitDoor {
  match(method: string, path: string): Match;
  services(): Services | undefined;
}

/** Counts a request, once it is known whose it is; says how they stand, and throws LIMITED when it is one too many. */
export async function countRequest({ match, services }: LimitDoor, asker: Asker): Promise<void> {
  const rates = services()?.rates;
  if (!rates) return;
  const { standings, refusal } = await rates.admit(actorOf(asker), chargesOf(match, asker));
  setRateHeaders(asker.response, standings);
  if (refusal) throw refusal;
}

/** Whoever asks, or nobody from where they are. */
export const actorOf = ({ actor, given }: Asker): Actor => actor ?? { ...NOBODY, from: given.from };

/** By the route that will serve it and not by how its path is spelt. */
function chargesOf(match: LimitDoor['match'], { request, url }: Asker): Charges {
  const method = request.method ?? 'GET';
  if (url.pathname.startsWith(`${TRPC_PATH}/`)) return chargesOfBatch(method, namesOf(url));
  const found = match(method === 'HEAD' ? 'GET' : method, url.pathname);
  return { [rateClassOf(method, found.kind === 'found' ? found.route.rate : undefined)]: 1 };
}

/** As draft-ietf-httpapi-ratelimit-headers has them: `"reads";q=12000;w=60` and `"reads";r=11999;t=1`. */
function setRateHeaders(response: ServerResponse, standings: readonly Standing[]): void {
  if (standings.length === 0) return;
  const list = (write: (standing: Standing) => string) =>
    standings.map((standing) => `"${standing.policy}";${write(standing)}`).join(', ');
  response.setHeader(
    'ratelimit-policy',
    list(({ limit, windowSeconds }) => `q=${limit};w=${windowSeconds}`),
  );
  response.setHeader(
    'ratelimit',
    list(({ left, fullInSeconds }) => `r=${left};t=${fullInSeconds}`),
  );
}
