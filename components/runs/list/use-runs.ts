'use client';

import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { RunNews } from '../../../server/domain/live.ts';
import { type Input, pages, query, useFresh, useLive } from '../../data/index.ts';
import { foldNews, joinRuns } from './join-runs.ts';

const PAGE = 100;
const HEAD = 50;

/**
 * The list as it was asked for, with rows that are kept up to date where they stand. What came since is counted, not
 * put in: the rows under somebody's pointer do not move until that person says so.
 */
export function useRuns(asked: Input<'runs.list'>) {
  const list = useInfiniteQuery({
    ...pages('runs.list', { ...asked, limit: PAGE }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  });
  // Of what hardly any run is, a page may be empty, and the next one goes on looking.
  const isEmptySoFar = list.data?.pages.at(-1)?.runs.length === 0;
  const isLooking = list.hasNextPage && isEmptySoFar && !list.isPlaceholderData;
  const { fetchNextPage, isFetching, isFetchingNextPage, isError } = list;
  // It waits for what is on its way, which may be a catch-up after a cut line: going on would call that off.
  useEffect(() => {
    if (isLooking && !isFetching && !isError) void fetchNextPage({ cancelRefetch: false });
  }, [isLooking, isFetching, isError, fetchNextPage]);
  const [hasMoved, setMoved] = useState(false);
  const [news, setNews] = useState<ReadonlyMap<string, RunNews>>(new Map());
  const { sort: by = 'created', order } = asked;
  // A list by ends or durations has what has ended; what came last stands anywhere in it.
  const cameBy = by === 'created' ? by : 'finished';
  const headQuery = query('runs.list', { ...asked, sort: cameBy, order: 'desc', limit: HEAD });
  const head = useQuery({ ...headQuery, enabled: hasMoved });
  useLive(
    { everything: true },
    {
      onRuns(heard) {
        setMoved(true);
        setNews((before) => foldNews(before, heard));
      },
      // Everything is asked anew: what is on screen has to equal what the server has.
      onGap: () => void list.refetch(),
    },
  );
  useFresh({ everything: true }, { keys: [headQuery.queryKey], everyMs: 1000 });
  const loaded = list.data?.pages.flatMap((page) => page.runs);
  const joined =
    loaded &&
    joinRuns({
      ...{ loaded, news, hasMore: list.hasNextPage },
      ...{ order: { by, isAscending: order === 'asc' }, head: head.data?.runs ?? [] },
    });
  return {
    // None yet is not none.
    rows: isLooking && loaded?.length === 0 ? undefined : joined?.rows,
    newer: joined?.newer ?? 0,
    isNewerMore: (joined?.newer ?? 0) >= HEAD,
    error: list.error ?? undefined,
    isOld: list.isPlaceholderData,
    hasMore: list.hasNextPage,
    retry: () => void list.refetch(),
    more() {
      if (!isFetchingNextPage) void fetchNextPage({ cancelRefetch: isFetching });
    },
  };
}
