'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { createQueries } from './create-queries.ts';
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
