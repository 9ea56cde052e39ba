import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Json } from '#server/domain/json.ts';
import { isOutage } from '#server/domain/outages.ts';
import { listOperations } from '../operations/index.ts';
import { appRouter, type TrpcContext } from './router.ts';

export const TRPC_PATH = '/api/trpc';
/** Calls in one request: a page asks for a handful of things at once. */
const MAX_BATCH = 20;

export interface TrpcCall {
  method: string;
  url: URL;
  /** Read and measured by the door already. */
  body: Json;
  context: TrpcContext;
  onError(error: unknown): void;
}

export interface TrpcAnswer {
  status: number;
  json: string;
  isSecret: boolean;
  /** Of what was refused: for the headers that say when to come again. */
  errors: readonly unknown[];
}

/** The library speaks of web requests; ours is made one, with the body that the door has read. */
export async function callProcedures({ method, url, body, context, onError }: TrpcCall): Promise<TrpcAnswer> {
  const errors: unknown[] = [];
  const answer = await fetchRequestHandler({
    endpoint: TRPC_PATH,
    router: appRouter,
    maxBatchSize: MAX_BATCH,
    req: new Request(`http://signalbox${url.pathname}${url.search}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
    }),
    createContext: () => context,
    onError: ({ error }) => {
      errors.push(error.cause ?? error);
      // status-words: codes of the library
      if (error.code === 'INTERNAL_SERVER_ERROR' || isOutage(error.cause)) onError(error.cause ?? error);
    },
  });
  return {
    status: answer.status,
    json: await answer.text(),
    isSecret: namesOf(url).some((name) => SECRET.has(name)),
    errors,
  };
}

const SECRET = new Set(listOperations().flatMap(({ name, operation }) => (operation.isSecret ? [name] : [])));

/** Which procedures a request calls: a batch has their names with commas between. */
export function namesOf({ pathname }: URL): string[] {
  const names = pathname.slice(TRPC_PATH.length + 1);
  try {
    return decodeURIComponent(names).split(',');
  } catch {
    return names.split(',');
  }
}
