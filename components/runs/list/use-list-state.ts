'use client';

import { useQuery } from '@tanstack/react-query';
import { createSerializer, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs';
import { useState } from 'react';
import { query } from '../../data/index.ts';
import { asWords, useKept } from '../../shell/use-kept.ts';
import type { FilterValue } from '../../ui/filter/index.ts';
import type { GridSort } from '../../ui/grid/index.ts';
import { words } from '../words.ts';
import { HIDDEN_AT_FIRST, type SORTABLE } from './columns.tsx';
import { NO_PARAMS, RUN_PARAMS, type RunParams, toRunFilter } from './filters.ts';

const SORTS = [
  'created:desc',
  'created:asc',
  'finished:desc',
  'finished:asc',
  'duration:desc',
  'duration:asc',
] as const;

const DEFAULT_SORT = 'created:desc';
const addressOf = createSerializer({ ...RUN_PARAMS, sort: parseAsStringLiteral(SORTS) });

/** What the list is asked for, all of it in the address. */
export function useListState() {
  const [params, setParams] = useQueryStates(RUN_PARAMS, { history: 'push' });
  const [sort, setSort] = useQueryState('sort', parseAsStringLiteral(SORTS).withDefault(DEFAULT_SORT));
  const [hidden, setHidden] = useKept('runs-hidden', HIDDEN_AT_FIRST, asWords);
  // Ranges that reach back from now do so from when they were chosen, so that the list does not move by itself.
  const [now, setNow] = useState(() => Date.now());
  const [key, order] = sort.split(':') as [keyof typeof SORTABLE, 'asc' | 'desc'];
  const set = (next: Partial<RunParams>) => {
    setNow(Date.now());
    void setParams(next);
  };
  return {
    params,
    filter: toRunFilter(params, now),
    sort: { key, order } satisfies GridSort,
    /** As it stands in the address, without the question mark. */
    address: addressOf({ ...params, sort: sort === DEFAULT_SORT ? null : sort }).replace(/^\?/, ''),
    hidden,
    setHidden,
    now,
    setSort: (next: GridSort) => void setSort(`${next.key}:${next.order}` as (typeof SORTS)[number]),
    setFilter: (name: string, value: FilterValue | null) => set({ [name]: value } as Partial<RunParams>),
    show: (next: Partial<RunParams>) => set({ ...NO_PARAMS, ...next }),
    clear: () => set(NO_PARAMS),
    anew: () => setNow(Date.now()),
  };
}

/** Names of what runs refer to by id. */
export function useNames() {
  const pipelines = useQuery(query('pipelines.list', { limit: 200, sort: 'name' })).data?.pipelines ?? [];
  const agents = useQuery(query('agents.list', {})).data?.agents ?? [];
  const byId = new Map(pipelines.map(({ id, name }) => [id as string, name]));
  const nameOf = (id: string | null) =>
    id === null ? words.standAlone : (byId.get(id) ?? words.unknownPipeline);
  return { pipelines, agents, nameOf };
}
