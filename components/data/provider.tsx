'use client';

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { ApiError } from './client.ts';
import { LiveProvider } from './live.tsx';

/** Everything that pages for people who have signed in get their data by: questions, live news, state in the URL. */
export function DataProvider({ children }: { children: ReactNode }) {
  const [client] = useState(createQueries);
  return (
    <QueryClientProvider client={client}>
      <LiveProvider>
        <NuqsAdapter>{children}</NuqsAdapter>
      </LiveProvider>
    </QueryClientProvider>
  );
}

/** Answers are told stale by news; this is for what has none. */
const STALE_MS = 10_000;
const TRIES = 2;

function createQueries(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveIfSignedOut }),
    mutationCache: new MutationCache({ onError: leaveIfSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        // What the server has judged will be judged the same again.
        retry: (count, error) => isTransient(error) && count < TRIES,
      },
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
