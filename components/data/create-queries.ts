import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client.ts';

/** Answers are told stale by news; this is for what has none. */
const STALE_MS = 10_000;
const TRIES = 2;

export function createQueries(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveIfSignedOut }),
    mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        // What the server has judged will be judged the same again.
        retry: (count, error) => isTransient(error) && count < TRIES,
        // A browser that is offline may well reach a server on its own machine: what it says decides nothing.
        networkMode: 'always',
        refetchOnReconnect: true,
      },
      // Else it would be done later, when nobody asks for it any more. Now it fails, and whoever pressed is told.
      mutations: { networkMode: 'always' },
    },
  });
}

const isTransient = (error: unknown) =>
  !(error instanceof ApiError) || ['OFFLINE', 'UNAVAILABLE', 'INTERNAL'].includes(error.code);

/** A session that has ended: sign in, and come back to this very place. */
function leaveIfSignedOut(error: unknown): void {
  if (!(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') return;
  const { pathname, search } = window.location;
  window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
}
