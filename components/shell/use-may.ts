'use client';

import { useQuery } from '@tanstack/react-query';
import type { Answer } from '../data/index.ts';
import { query } from '../data/index.ts';

type Action = Answer<'me.get'>['may'][number];

/** What is offered to whoever is signed in. The server judges each call anew; this only spares them a refusal. */
export function useMay(): (action: Action) => boolean {
  const { data: me } = useQuery(query('me.get', {}));
  return (action) => me?.may.includes(action) ?? false;
}
