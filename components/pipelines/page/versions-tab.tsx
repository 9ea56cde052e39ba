'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { parseAsInteger, useQueryState } from 'nuqs';
import { useState } from 'react';
import type { PipelineId } from '../../../server/domain/ids.ts';
import { type Answer, pages, query } from '../../data/index.ts';
import { DiffList } from '../../editor/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { useAct } from '../../shell/use-act.ts';
import { useMay } from '../../shell/use-may.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Empty, Notice, Skeleton } from '../../ui/feedback.tsx';
import { Link } from '../../ui/link.tsx';
import { Card } from '../../ui/surface.tsx';
import { Table, type TableColumn } from '../../ui/table.tsx';
import { Ago } from '../../ui/text.tsx';
import type { PipelineDetails } from '../types.ts';
import { words } from '../words.ts';
import { pageWords } from './words.ts';

type Version = Answer<'pipelines.versions'>['versions'][number];

const { versions: text } = pageWords;

/** What was published: by whom, when and why; what each changed, and the way back to it. */
export function VersionsTab({ pipeline }: { pipeline: PipelineDetails }) {
  const id = pipeline.id as PipelineId;
  const [open, setOpen] = useQueryState('version', parseAsInteger);
  const [asked, setAsked] = useState<number>();
  const list = useInfiniteQuery(pages('pipelines.versions', { id }));
  const versions = list.data?.pages.flatMap((page) => page.versions);
  const restore = useAct('pipelines.restoreVersion', { done: (_, { number }) => text.restored(number) });
  const mayEdit = useMay()('pipeline.edit') && pipeline.archived_at === null && pipeline.draft !== null;
  if (list.error && !versions)
    return (
      <Notice
        message={list.error.message}
        advice={list.error.advice}
        action={<Button onClick={() => void list.refetch()}>{pageWords.tryAgain}</Button>}
      />
    );
  if (!versions) return <Skeleton label={text.loading} rows={6} />;
  if (versions.length === 0) return <NoVersion />;
  const columns = columnsOf({
    id,
    open,
    onOpen: (number) => void setOpen(number),
    ...(mayEdit ? { onRestore: setAsked } : {}),
  });
  return (
    <div className="flex flex-col gap-5">
      {open === null ? null : <Changes id={id} number={open} />}
      <Card flush>
        <Table
          label={text.label}
          columns={columns}
          rows={versions}
          keyOf={({ id: versionId }) => versionId}
        />
        {list.hasNextPage ? (
          <div className="flex justify-center border-t border-line p-2">
            <Button
              look="quiet"
              size="sm"
              busy={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
            >
              {text.older}
            </Button>
          </div>
        ) : null}
      </Card>
      <ConfirmDialog
        open={asked !== undefined}
        onOpenChange={() => setAsked(undefined)}
        title={text.restoreTitle(asked ?? 0)}
        consequence={text.restoreWhy}
        confirmLabel={text.restore}
        onConfirm={() => {
          if (asked !== undefined && pipeline.draft)
            restore.run({ id, number: asked, revision: pipeline.draft.revision });
        }}
      />
    </div>
  );
}

function NoVersion() {
  return (
    <Card>
      <Empty icon={History} title={pageWords.graph.none}>
        {pageWords.graph.noneNote}
      </Empty>
    </Card>
  );
}

interface Wishes {
  id: PipelineId;
  open: number | null;
  onOpen(number: number | null): void;
  onRestore?(number: number): void;
}

function columnsOf({ id, open, onOpen, onRestore }: Wishes): TableColumn<Version>[] {
  return [
    { key: 'number', title: text.number, cell: ({ number }) => words.version(number) },
    {
      key: 'note',
      title: text.note,
      cell: ({ note }) =>
        note === '' ? <span className="text-quiet">{text.noNote}</span> : <span title={note}>{note}</span>,
    },
    { key: 'who', title: text.who, wideOnly: true, cell: (version) => version.published_by ?? text.nobody },
    { key: 'when', title: text.when, cell: ({ created_at: at }) => <Ago at={at} /> },
    {
      key: 'runs',
      title: text.runs,
      wideOnly: true,
      cell: ({ number }) => (
        <Link
          href={`/runs?pipeline=${id}&version=${number}`}
          aria-label={text.runsOf(number)}
          className="text-accent hover:underline"
        >
          {text.runs}
        </Link>
      ),
    },
    {
      key: 'actions',
      title: text.actions,
      align: 'end',
      onPhone: 'side',
      cell: ({ number }) => (
        <span className="flex justify-end gap-2">
          {number === 1 ? null : (
            <Button
              size="sm"
              aria-label={text.compareOf(number)}
              aria-pressed={open === number}
              onClick={() => onOpen(open === number ? null : number)}
            >
              {text.compare}
            </Button>
          )}
          {onRestore ? (
            <Button size="sm" onClick={() => onRestore(number)}>
              {text.restore}
            </Button>
          ) : null}
        </span>
      ),
    },
  ];
}

/** Against the version before it. */
function Changes({ id, number }: { id: PipelineId; number: number }) {
  const version = (wanted: number) => ({
    ...query('pipelines.getVersion', { id, number: wanted }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const after = useQuery(version(number));
  const before = useQuery({ ...version(number - 1), enabled: number > 1 });
  const error = after.error ?? before.error;
  const isReady = after.data && (number === 1 || before.data);
  return (
    <Card title={number === 1 ? words.version(number) : text.changes(number)}>
      <Broken of={[after, before]} />
      {!isReady && !error ? <Skeleton label={text.loading} rows={3} /> : null}
      {number === 1 && after.data ? <p className="text-sm text-quiet">{text.first}</p> : null}
      {after.data && before.data ? <DiffList before={before.data.graph} after={after.data.graph} /> : null}
    </Card>
  );
}
