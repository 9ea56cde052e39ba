'use client';

import { useQuery } from '@tanstack/react-query';
import type { Answer } from '../data/index.ts';
import { query } from '../data/index.ts';

export type Action = Answer<'me.get'>['may'][number];

/** What is offered to whoever is signed in. The server judges each call anew; this only spares them a refusal. */
export function useMay(): (action: Action) => boolean {
  const { data: me } = useQuery(query('me.get', {}));
  return (action) => me?.may.includes(action) ?? false;
}

/**
 * Which ways on are for whoever is signed in: none of them may lead to a locked door. All are, until it is known who that
 * is, so that for most nothing moves.
 */
export function useIsFor(): (needs: Action | undefined) => boolean {
  const { data: me } = useQuery(query('me.get', {}));
  return (needs) => needs === undefined || !me || me.may.includes(needs);
}
