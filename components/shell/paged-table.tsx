'use client';

import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { type Answer, type Input, type PagedPath, pages } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Broken } from './broken.tsx';
import { words } from './words.ts';

/** A list as far as it has been read: what all of its pages hold, and how to read on. */
export function usePages<P extends PagedPath, Row>(
  path: P,
  input: Omit<Input<P>, 'cursor'>,
  rowsOf: (page: Answer<P>) => readonly Row[],
) {
  const list = useInfiniteQuery(pages(path, input)) as UseInfiniteQueryResult<InfiniteData<Answer<P>>>;
  return { ...list, rows: list.data?.pages.flatMap(rowsOf) };
}

interface PagedTableProps<P extends PagedPath, Row> {
  label: string;
  path: P;
  input?: Omit<Input<P>, 'cursor'>;
  rowsOf(page: Answer<P>): readonly Row[];
  keyOf(row: Row): string;
  columns: readonly TableColumn<Row>[];
  empty: { icon: LucideIcon; title: string; note?: ReactNode; action?: ReactNode };
}

/** A list of some dozen things in all its states: loading, none, broken, more to come. */
export function PagedTable<P extends PagedPath, Row>(props: PagedTableProps<P, Row>) {
  const { label, path, input = {} as Omit<Input<P>, 'cursor'>, rowsOf, keyOf, columns, empty } = props;
  const list = usePages(path, input, rowsOf);
  if (list.error && !list.rows)
    return (
      <div className="px-4">
        <Broken of={list} />
      </div>
    );
  if (!list.rows) return <Skeleton label={words.loading(label)} rows={4} />;
  if (list.rows.length === 0)
    return (
      <Empty icon={empty.icon} title={empty.title} action={empty.action}>
        {empty.note}
      </Empty>
    );
  return (
    <>
      <Table label={label} columns={columns} rows={list.rows} keyOf={keyOf} />
      {list.hasNextPage ? (
        <div className="flex justify-center border-t border-line p-2">
          <Button
            look="quiet"
            size="sm"
            busy={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {words.showMore}
          </Button>
        </div>
      ) : null}
    </>
  );
}
