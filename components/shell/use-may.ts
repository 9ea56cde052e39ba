'use client';

import { useQuery } from '@tanstack/react-query';
import { type Answer, query } from '../data/index.ts';

type Action = Answer<'me.get'>['may'][number];

/** Whether there is something to do for whoever is signed in. The server decides by itself; this is for what to offer. */
export function useMay(): (action: Action) => boolean {
  const { data: me } = useQuery(query('me.get', {}));
  return (action) => me?.may.includes(action) ?? false;
}
