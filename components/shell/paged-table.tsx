'use client';

import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query';
import type { LucideIcon } from 'lucide-react';
import { type ReactNode, useEffect, useMemo } from 'react';
import { type Answer, type Input, type PagedPath, pages } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Broken } from './broken.tsx';
import { words } from './words.ts';

const UNDER_WAY_MS = 2000;

/**
 * A list as far as it has been read: what all of its pages hold, and how to read on. Unless `isAsked`, nothing is. As long as
 * something in it `isUnderWay`, it is asked for again and again.
 */
export function usePages<P extends PagedPath, Row>(
  path: P,
  input: Omit<Input<P>, 'cursor'> & { isAsked?: boolean; isUnderWay?: ((row: Row) => boolean) | undefined },
  rowsOf: (page: Answer<P>) => readonly Row[],
) {
  const { isAsked = true, isUnderWay, ...asked } = input;
  const list = useInfiniteQuery({
    ...pages(path, asked as unknown as Omit<Input<P>, 'cursor'>),
    enabled: isAsked,
    refetchInterval: ({ state }) =>
      isUnderWay && state.data?.pages.flatMap(rowsOf).some(isUnderWay) ? UNDER_WAY_MS : false,
  }) as UseInfiniteQueryResult<InfiniteData<Answer<P>>>;
  // The same rows for as long as the pages are the same: whoever draws thousands of them asks by that.
  const rows = useMemo(() => list.data?.pages.flatMap(rowsOf), [list.data, rowsOf]);
  return { ...list, rows };
}

/** A list that is so long is no choice any more. */
const MOST_PAGES = 10;

/** All pages of a list, one after the other: for what people choose from, and what things are called. */
export function useWholeList<P extends PagedPath, Row>(
  path: P,
  input: Omit<Input<P>, 'cursor'> & { isAsked?: boolean },
  rowsOf: (page: Answer<P>) => readonly Row[],
) {
  const list = usePages(path, input, rowsOf);
  const { hasNextPage, isFetching, isError, fetchNextPage } = list;
  const count = list.data?.pages.length ?? 0;
  const goesOn = hasNextPage && !isFetching && !isError && count < MOST_PAGES;
  useEffect(() => {
    if (goesOn) void fetchNextPage();
  }, [goesOn, fetchNextPage]);
  return {
    ...list,
    /** There is nothing that is not among the rows. */
    isWhole: list.data !== undefined && !hasNextPage,
    /** There are more than are read. */
    isCut: hasNextPage && count >= MOST_PAGES,
  };
}

interface PagedTableProps<P extends PagedPath, Row> {
  label: string;
  path: P;
  input?: Omit<Input<P>, 'cursor'>;
  rowsOf(page: Answer<P>): readonly Row[];
  keyOf(row: Row): string;
  columns: readonly TableColumn<Row>[];
  empty: { icon: LucideIcon; title: string; note?: ReactNode; action?: ReactNode };
  /** That more will come of it by itself. */
  isUnderWay?(row: Row): boolean;
}

/** A list of some dozen things in all its states: loading, none, broken, more to come. */
export function PagedTable<P extends PagedPath, Row>(props: PagedTableProps<P, Row>) {
  const { label, path, input = {} as Omit<Input<P>, 'cursor'>, rowsOf, keyOf, columns, empty } = props;
  const list = usePages(path, { ...input, isUnderWay: props.isUnderWay }, rowsOf);
  const broken = (
    <div className="px-4">
      <Broken of={list} />
    </div>
  );
  if (!list.rows) return list.error ? broken : <Skeleton label={words.loading(label)} rows={4} />;
  if (list.rows.length === 0)
    return (
      <>
        {broken}
        <Empty icon={empty.icon} title={empty.title} action={empty.action}>
          {empty.note}
        </Empty>
      </>
    );
  return (
    <>
      {broken}
      <Table label={label} columns={columns} rows={list.rows} keyOf={keyOf} />
      <ShowMore of={list} />
    </>
  );
}

/** Under a list that goes on. */
export function ShowMore({
  of: { hasNextPage, isFetchingNextPage, fetchNextPage },
}: {
  of: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown };
}) {
  if (!hasNextPage) return null;
  return (
    <div className="flex justify-center border-t border-line p-2">
      <Button look="quiet" size="sm" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {words.showMore}
      </Button>
    </div>
  );
}
