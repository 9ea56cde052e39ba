'use client';

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useDeferredValue, useEffect } from 'react';
import type { RunId } from '../../../../server/domain/ids.ts';
import { isRunOver } from '../../../../server/domain/statuses.ts';
import { type Answer, pages, useFresh } from '../../../data/index.ts';
import type { Run } from '../use-run.ts';

export type LogLine = Answer<'runs.logs'>['logs'][number];

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const PAGE = 1000;
/** A link to a line reads on until it is there, but not for ever. */
const MAX_LINK_PAGES = 20;

export const lineKey = ({ stage, epoch, line }: Pick<LogLine, 'stage' | 'epoch' | 'line'>): string =>
  `${stage}.${epoch}.${line}`;

/** The log as far as it has been read, by what is looked for; all of that in the address. */
export function useLog(run: Run) {
  const [level, setLevel] = useQueryState('level', parseAsStringLiteral(LEVELS).withDefault('debug'));
  const [search, setSearch] = useQueryState('find', parseAsString.withDefault(''));
  const [inStage, setInStage] = useQueryState('in', parseAsString);
  const [linked, setLinked] = useQueryState('line', parseAsString);
  const found = useDeferredValue(search.trim().slice(0, 200));
  const stage = run.stages.find(({ key }) => key === inStage)?.stage;
  const asked = {
    id: run.id as RunId,
    limit: PAGE,
    ...(level === 'debug' ? {} : { level }),
    ...(found === '' ? {} : { search: found }),
    ...(stage === undefined ? {} : { stage }),
  };
  const question = pages('runs.logs', asked);
  const log = useInfiniteQuery({ ...question, placeholderData: keepPreviousData });
  const read = log.data?.pages.length ?? 0;
  // Lines come between others, as stages write at the same time: all that is shown is asked anew, the less often the more it is.
  useFresh(isRunOver(run.status) ? undefined : { run_id: run.id as RunId }, {
    keys: [question.queryKey],
    everyMs: 1000 + read * 500,
  });
  const lines = log.data?.pages.flatMap((page) => page.logs);
  const linkedAt = linked === null ? -1 : (lines?.findIndex((line) => lineKey(line) === linked) ?? -1);
  const { hasNextPage, isFetching, fetchNextPage } = log;
  const isLookedFor = linked !== null && linkedAt === -1 && read > 0 && read < MAX_LINK_PAGES;
  useEffect(() => {
    if (isLookedFor && hasNextPage && !isFetching) void fetchNextPage();
  }, [isLookedFor, hasNextPage, isFetching, fetchNextPage]);
  return {
    ...{ asked, lines, linked, linkedAt, level, search, inStage, error: log.error },
    hasMore: hasNextPage,
    isFiltered: level !== 'debug' || found !== '' || stage !== undefined,
    more: () => {
      if (hasNextPage && !isFetching) void fetchNextPage();
    },
    setLevel: (next: (typeof LEVELS)[number]) => void setLevel(next),
    setSearch: (next: string) => void setSearch(next === '' ? null : next),
    setInStage: (next: string | null) => void setInStage(next),
    link: (line: LogLine) => void setLinked(lineKey(line)),
  };
}
