'use client';

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ListX } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useEffect, useState } from 'react';
import type { BulkId } from '../../../server/domain/ids.ts';
import { isRunOver } from '../../../server/domain/statuses.ts';
import { type Answer, pages, query } from '../../data/index.ts';
import { lookOfRun } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { useKeys } from '../../shell/keys/index.ts';
import { isMissing, NoThing } from '../../shell/lost.tsx';
import { useAct } from '../../shell/use-act.ts';
import { useMay } from '../../shell/use-may.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Empty, Notice, ProgressBar, Skeleton } from '../../ui/feedback.tsx';
import { DataGrid, type GridColumn } from '../../ui/grid/index.ts';
import { Link } from '../../ui/link.tsx';
import { shortId } from '../../ui/short-id.ts';
import { StatusPill, StatusText } from '../../ui/status.tsx';
import { Card, Figure, Page, PageHead } from '../../ui/surface.tsx';
import { Ago } from '../../ui/text.tsx';
import { words } from '../words.ts';
import { lookOfBulk, lookOfResult } from './looks.ts';

type Bulk = Answer<'bulk.get'>;
type Item = Answer<'bulk.items'>['items'][number];

/** A bulk tells nobody when it moves: it is asked while it does. */
const EVERY_MS = 1000;
const UP = { label: words.title, href: '/runs' };
const TRAIL = [UP];
const SHOWN = ['all', 'failed', 'skipped', 'succeeded'] as const;

export function BulkPage({ id }: { id: string }) {
  const asked = useQuery({
    ...query('bulk.get', { id: id as BulkId }),
    refetchInterval: ({ state }) => (state.data?.finished_at ? false : EVERY_MS),
  });
  const { data: bulk, error } = asked;
  if (error && !bulk && isMissing(error)) return <NoThing title={words.bulk.missing} up={UP} />;
  if (error && !bulk) {
    return (
      <Page>
        <PageHead title={words.bulk.name} trail={TRAIL} />
        <Broken of={asked} />
      </Page>
    );
  }
  if (!bulk) {
    return (
      <Page>
        <PageHead title={words.bulk.name} trail={TRAIL} />
        <Skeleton label={words.bulk.loading} rows={8} />
      </Page>
    );
  }
  const left = bulk.total - bulk.succeeded - bulk.skipped - bulk.failed;
  return (
    <Page fill>
      <BulkHead bulk={bulk} />
      <Broken of={asked} />
      <div className="mb-4">
        <ProgressBar label={words.bulk.progress} value={bulk.progress} />
      </div>
      <div className="mb-5 grid grid-cols-2 gap-3 sm:grid-cols-4">
        {(['succeeded', 'skipped', 'failed'] as const).map((result) => (
          <Figure
            key={result}
            label={words.bulk.results(bulk.action)[result]}
            value={bulk[result]}
            href={`/bulk/${bulk.id}?result=${result}`}
          />
        ))}
        <Figure label={words.bulk.left} value={left} />
      </div>
      <Items bulk={bulk} />
    </Page>
  );
}

function BulkHead({ bulk }: { bulk: Bulk }) {
  const [isAsking, setAsking] = useState(false);
  const mayOperate = useMay()('run.operate');
  const abort = useAct('bulk.abort');
  const mayAbort = bulk.finished_at === null && mayOperate;
  useKeys(words.bulk.name, [
    {
      label: words.bulk.abort,
      leads: true,
      disabled: !mayAbort || abort.isBusy,
      run: () => setAsking(true),
    },
  ]);
  return (
    <>
      <PageHead
        trail={TRAIL}
        title={
          <>
            {words.bulk.pageTitle(bulk.action, bulk.total)}
            <span
              data-testid="bulk-status"
              aria-live="polite"
              className="text-base font-normal tracking-normal"
            >
              <StatusPill look={lookOfBulk(bulk.status)} />
            </span>
          </>
        }
        note={
          <span className="text-sm">
            {words.bulk.by(bulk.by)} · <Ago at={bulk.created_at} />
          </span>
        }
        actions={
          mayAbort ? (
            <Button busy={abort.isBusy} onClick={() => setAsking(true)}>
              {words.bulk.abort}
            </Button>
          ) : null
        }
      />
      {bulk.stopped_because === null ? null : (
        <Notice message={bulk.stopped_because} advice={words.bulk.stoppedAdvice} />
      )}
      <ConfirmDialog
        // Nothing is left to abort once it is over, while the question still stands there.
        open={isAsking && bulk.finished_at === null}
        onOpenChange={setAsking}
        title={words.bulk.abortTitle}
        consequence={words.bulk.abortWhy}
        confirmLabel={words.bulk.abort}
        danger
        onConfirm={() => abort.run({ id: bulk.id as BulkId })}
      />
    </>
  );
}

function Items({ bulk }: { bulk: Bulk }) {
  const [shown, setShown] = useQueryState('result', parseAsStringLiteral(SHOWN).withDefault('all'));
  const input = { id: bulk.id as BulkId, limit: 100, ...(shown === 'all' ? {} : { result: shown }) };
  const list = useInfiniteQuery({
    ...pages('bulk.items', input),
    // Until nothing is left to do, and the runs that it made are over.
    refetchInterval: ({ state }) =>
      bulk.finished_at && !state.data?.pages.some(({ items }) => items.some(goesOn)) ? false : 2 * EVERY_MS,
  });
  const isOver = bulk.finished_at !== null;
  const { refetch } = list;
  // What was done last came after the list was last asked.
  useEffect(() => {
    if (isOver) void refetch();
  }, [isOver, refetch]);
  const labels = { all: words.bulk.all, ...words.bulk.results(bulk.action) };
  return (
    <Card flush fill>
      <div className="border-b border-line p-2">
        <Segments
          label={words.bulk.result}
          value={shown}
          onChange={(next) => void setShown(next)}
          choices={SHOWN.map((value) => ({ value, label: labels[value] }))}
        />
      </div>
      <div className="px-4">
        <Broken of={list} />
      </div>
      <DataGrid
        fill
        label={words.bulk.items}
        columns={columnsFor(bulk)}
        rows={list.data?.pages.flatMap((page) => page.items)}
        keyOf={({ position }) => String(position)}
        hasMore={list.hasNextPage}
        onEnd={() => void list.fetchNextPage()}
        empty={<Empty icon={ListX} title={words.bulk.noItems} />}
      />
    </Card>
  );
}

const goesOn = ({ made_status: status }: Item): boolean => status !== null && !isRunOver(status);

/** Only replays make runs, and what was done as asked needs no reason. The last one takes what room is left. */
function columnsFor({ action, skipped, failed }: Bulk): GridColumn<Item>[] {
  const isShown: Record<string, boolean> = { [MADE]: action === 'replay', [WHY]: skipped + failed > 0 };
  return columnsOf(action)
    .filter(({ key }) => isShown[key] ?? true)
    .map((column, at, all) => (at === all.length - 1 ? { ...column, width: 'minmax(9rem,1fr)' } : column));
}

const MADE = 'made';
const WHY = 'message';
const columnsOf = (action: Bulk['action']): GridColumn<Item>[] => [
  { key: 'run', title: words.columns.id, width: '9rem', cell: ({ run_id }) => <RunId id={run_id} /> },
  {
    key: 'result',
    title: words.bulk.result,
    width: '9rem',
    onPhone: 'side',
    cell: ({ result }) =>
      result === null ? (
        <span className="text-quiet">{words.bulk.waiting}</span>
      ) : (
        <StatusText look={lookOfResult(result, action)} />
      ),
  },
  {
    key: MADE,
    title: words.bulk.made,
    width: '15rem',
    cell: ({ made, made_status: status }) =>
      made && (
        <span className="flex items-center gap-3">
          <RunId id={made} />
          {status === null ? null : <StatusText look={lookOfRun(status)} />}
        </span>
      ),
  },
  {
    key: WHY,
    title: words.bulk.why,
    width: 'minmax(12rem,1fr)',
    cell: ({ message }) => message && <span className="text-quiet">{message}</span>,
  },
];

function RunId({ id }: { id: string }) {
  return (
    <Link href={`/runs/${id}`} className="font-mono text-xs hover:text-accent hover:underline">
      {shortId(id)}
    </Link>
  );
}
