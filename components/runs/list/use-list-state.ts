'use client';

import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { createSerializer, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs';
import { useState } from 'react';
import { query } from '../../data/index.ts';
import { useWholeList } from '../../shell/paged-table.tsx';
import { asWords, useKept } from '../../shell/use-kept.ts';
import { useClock } from '../../ui/clock.ts';
import type { FilterValue } from '../../ui/filter/index.ts';
import type { GridSort } from '../../ui/grid/index.ts';
import { words } from '../words.ts';
import { HIDDEN_AT_FIRST, type SORTABLE } from './columns.tsx';
import { meantOf, NO_PARAMS, RUN_PARAMS, type RunParams, toRunFilter } from './filters.ts';

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
  const [typed, setParams] = useQueryStates(RUN_PARAMS, { history: 'push' });
  const [sort, setSort] = useQueryState('sort', parseAsStringLiteral(SORTS).withDefault(DEFAULT_SORT));
  const [hidden, setHidden] = useKept('runs-hidden', HIDDEN_AT_FIRST, asWords);
  // Ranges that reach back from now do so from when they were chosen, so that the list does not move by itself.
  const readTime = useClock();
  const [now, setNow] = useState(readTime);
  const { meant: params, lost } = meantOf(typed, now);
  const [key, order] = sort.split(':') as [keyof typeof SORTABLE, 'asc' | 'desc'];
  const set = (next: Partial<RunParams>) => {
    setNow(readTime());
    void setParams(next);
  };
  return {
    params,
    /** Those in the address that filter nothing. */
    lost,
    filter: toRunFilter(params, now),
    sort: { key, order } satisfies GridSort,
    /** As it stands in the address, without the question mark. */
    address: addressOf({ ...params, sort: sort === DEFAULT_SORT ? null : sort }).replace(/^\?/, ''),
    hidden,
    setHidden,
    setSort: (next: GridSort) => void setSort(`${next.key}:${next.order}` as (typeof SORTS)[number]),
    setFilter: (name: string, value: FilterValue | null) => set({ [name]: value } as Partial<RunParams>),
    show: (next: Partial<RunParams>) => set({ ...NO_PARAMS, ...next }),
    clear: () => set(NO_PARAMS),
    anew: () => setNow(readTime()),
  };
}

const NAMES_AT_ONCE = 50;

/** Names of what runs refer to by id. Pipelines that the choices lack, such as new and archived ones, are asked for by id. */
export function useNames(shown: readonly { pipeline_id: string | null }[]) {
  const choices = useWholeList('pipelines.list', { limit: 200, sort: 'name' }, (page) => page.pipelines);
  const pipelines = { rows: choices.rows ?? [], isCut: choices.isCut };
  const { data: fleet } = useQuery(query('agents.list', {}));
  const agents = { rows: fleet?.agents ?? [], isCut: (fleet?.next_cursor ?? null) !== null };
  const byId = new Map(pipelines.rows.map(({ id, name }) => [id as string, name]));
  const missing = choices.isWhole || choices.isCut ? missingOf(shown, byId) : [];
  const others = useQueries({
    queries: chunksOf(missing, NAMES_AT_ONCE).map((ids) => ({
      ...query('pipelines.list', { ids, limit: NAMES_AT_ONCE }),
      placeholderData: keepPreviousData,
    })),
  });
  for (const { data } of others) for (const { id, name } of data?.pipelines ?? []) byId.set(id, name);
  const isAsking = !(choices.isWhole || choices.isCut) || others.some(({ isPending }) => isPending);
  const unknown = isAsking ? '' : words.unknownPipeline;
  const nameOf = (id: string | null) => (id === null ? words.standAlone : (byId.get(id) ?? unknown));
  return { pipelines, agents, nameOf };
}

function missingOf(
  shown: readonly { pipeline_id: string | null }[],
  known: ReadonlyMap<string, string>,
): string[] {
  const ids = new Set(shown.flatMap(({ pipeline_id: id }) => (id === null || known.has(id) ? [] : [id])));
  // By age, so that of all questions only the last changes when a new one comes.
  return [...ids].sort();
}

function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
