'use client';

import {
  infiniteQueryOptions,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useDeferredValue, useState } from 'react';
import type { RunId } from '../../../../server/domain/ids.ts';
import { isRunOver } from '../../../../server/domain/statuses.ts';
import { ask, useFresh } from '../../../data/index.ts';
import type { Run } from '../use-run.ts';
import {
  type LogLine,
  lineKey,
  MAX_PAGES,
  PAGE,
  type Place,
  placeBefore,
  stepBack,
  stepOn,
} from './pages.ts';
import { useLastReads } from './use-last-reads.ts';

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** How often the end is read while somebody follows it: a line is no event of the run, and nobody tells of it. */
const FOLLOW_MS = 500;
const REREAD_MS = 1000;

/** The end of the log, followed; or a stretch of it, read from a place on and back. */
type View = { kind: 'end' } | { kind: 'stretch'; from: Place };

/** What is in sight of the log, by what is looked for; all of that in the address. However long it is, a few pages are held. */
export function useLog(run: Run) {
  const asked = useAsked(run);
  const [linked, setLinked] = useQueryState('line', parseAsString);
  const isOver = isRunOver(run.status);
  const [view, setView] = useState<View>(() => {
    if (linked !== null) return { kind: 'stretch', from: placeBefore(linked) };
    return isOver ? { kind: 'stretch', from: { order: 'asc' } } : { kind: 'end' };
  });
  const isFollowing = view.kind === 'end';
  const queries = useQueryClient();
  useLastReads(isOver, () => void queries.invalidateQueries({ queryKey: keyOf(asked.input) }));
  const end = useEnd({ asked: asked.input, isFollowing, isOver });
  const stretch = useStretch({ asked: asked.input, view, isOver, end: end.lines });
  const lines = isFollowing ? end.lines : stretch.lines;
  return {
    ...asked,
    ...{ lines, linked, isFollowing },
    linkedAt: linked === null ? -1 : (lines?.findIndex((line) => lineKey(line) === linked) ?? -1),
    asked: isFollowing ? end.asked : stretch.asked,
    hasBefore: isFollowing ? (end.lines?.length ?? 0) >= PAGE : stretch.hasBefore,
    hasMore: !isFollowing && stretch.hasMore,
    more: stretch.more,
    back: stretch.back,
    follow() {
      void setLinked(null);
      setView({ kind: 'end' });
    },
    /** What is in sight stays there, whatever comes at the end. */
    leaveEnd() {
      const [first] = end.lines ?? [];
      if (isFollowing)
        setView({ kind: 'stretch', from: first ? placeBefore(lineKey(first)) : { order: 'asc' } });
    },
    link: (line: LogLine) => void setLinked(lineKey(line)),
    /** What is looked for has changed: from the start, unless somebody follows. */
    begin() {
      if (!isFollowing) setView({ kind: 'stretch', from: { order: 'asc' } });
    },
  };
}

/** What is looked for, from the address. */
function useAsked(run: Run) {
  const [level, setLevel] = useQueryState('level', parseAsStringLiteral(LEVELS).withDefault('debug'));
  const [search, setSearch] = useQueryState('find', parseAsString.withDefault(''));
  const [inStage, setInStage] = useQueryState('in', parseAsString);
  const found = useDeferredValue(search.trim().slice(0, 200));
  const stage = run.stages.find(({ key }) => key === inStage)?.stage;
  return {
    input: {
      id: run.id as RunId,
      limit: PAGE,
      ...(level === 'debug' ? {} : { level }),
      ...(found === '' ? {} : { search: found }),
      ...(stage === undefined ? {} : { stage }),
    },
    ...{ level, search, inStage },
    /** Left out of sight is what has another level or other words. */
    isFiltered: level !== 'debug' || found !== '',
    isOfOneStage: stage !== undefined,
    setLevel: (next: (typeof LEVELS)[number]) => void setLevel(next),
    setSearch: (next: string) => void setSearch(next === '' ? null : next),
    setInStage: (next: string | null) => void setInStage(next),
  };
}

type Asked = ReturnType<typeof useAsked>['input'];

/** One answer in the order in which it was written, whichever way it was read. */
async function read(asked: Asked, place: Place, signal: AbortSignal): Promise<LogLine[]> {
  const { logs } = await ask('runs.logs', { ...asked, ...place }, { signal });
  return place.order === 'desc' ? logs.toReversed() : logs;
}

const keyOf = (asked: Asked) => ['runs', 'logs', asked];

/** The last page, again and again. A flood that no screen could show costs one page each time. */
function useEnd({ asked, isFollowing, isOver }: { asked: Asked; isFollowing: boolean; isOver: boolean }) {
  const last = useQuery({
    queryKey: [...keyOf(asked), 'end'],
    queryFn: ({ signal }) => read(asked, { order: 'desc' }, signal),
    enabled: isFollowing,
    refetchInterval: isFollowing && !isOver ? FOLLOW_MS : false,
    placeholderData: keepPreviousData,
  });
  return { lines: last.data, asked: last };
}

function useStretch({
  asked,
  view,
  isOver,
  end,
}: {
  asked: Asked;
  view: View;
  isOver: boolean;
  /** Shown until what was in sight has been read as a stretch. */
  end: LogLine[] | undefined;
}) {
  const from: Place = view.kind === 'stretch' ? view.from : { order: 'asc' };
  const question = infiniteQueryOptions({
    queryKey: [...keyOf(asked), 'stretch', from],
    queryFn: ({ signal, pageParam }) => read(asked, pageParam, signal),
    initialPageParam: from,
    getNextPageParam: (page: LogLine[], _all, place: Place) => stepOn(page, place),
    getPreviousPageParam: (page: LogLine[], _all, place: Place) => stepBack(page, place),
    maxPages: MAX_PAGES,
  });
  const log = useInfiniteQuery({
    ...question,
    enabled: view.kind === 'stretch',
    placeholderData: (before) => before ?? (end && { pages: [end], pageParams: [from] }),
  });
  const held = log.data?.pages.length ?? 0;
  // Lines come between others, as stages write at the same time: all that is held is asked anew, the less often the more it is.
  useFresh(isOver || view.kind === 'end' ? undefined : { run_id: asked.id }, {
    keys: [question.queryKey],
    everyMs: REREAD_MS + held * 500,
  });
  const { hasNextPage, hasPreviousPage, isFetching, fetchNextPage, fetchPreviousPage } = log;
  const isFree = view.kind === 'stretch' && !isFetching;
  return {
    lines: log.data?.pages.flat(),
    asked: log,
    hasMore: hasNextPage,
    hasBefore: hasPreviousPage,
    more: () => {
      if (isFree && hasNextPage) void fetchNextPage();
    },
    back: () => {
      if (isFree && hasPreviousPage) void fetchPreviousPage();
    },
  };
}
