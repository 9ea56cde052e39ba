'use client';

import { useQuery } from '@tanstack/react-query';
import { query } from '../data/index.ts';

/** The one owner that an organisation has; undefined where there are several, or while that is not known. */
export function useOnlyOwner(isAsked: boolean): string | undefined {
  // Two are enough to know.
  const { data } = useQuery({ ...query('members.list', { role: 'owner', limit: 2 }), enabled: isAsked });
  const [owner, another] = data?.members ?? [];
  return another ? undefined : owner?.id;
}
