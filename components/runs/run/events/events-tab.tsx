'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronRight, Download, History } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { RunId } from '../../../../server/domain/ids.ts';
import { isRunOver } from '../../../../server/domain/statuses.ts';
import { type Answer, ask, useFresh } from '../../../data/index.ts';
import { Broken } from '../../../shell/broken.tsx';
import { IconButton } from '../../../ui/button.tsx';
import { Segments } from '../../../ui/choice.tsx';
import { Empty, Skeleton } from '../../../ui/feedback.tsx';
import { formatDuration } from '../../../ui/format.ts';
import { DataGrid, type GridColumn } from '../../../ui/grid/index.ts';
import { useToast } from '../../../ui/toast.tsx';
import { saveFile } from '../../save-file.ts';
import { openText } from '../data/line-source.ts';
import { TextView } from '../data/text-view.tsx';
import { runWords } from '../run-words.ts';
import { useAgentNames } from '../use-agent-names.ts';
import type { Run } from '../use-run.ts';
import { sayEvent } from './event-words.ts';
import { groupEvents, type Row, stageOf } from './group-events.ts';

type Event = Answer<'runs.events'>['events'][number];
type EventRow = Row<Event>;

const PAGE = 1000;
const VIEWS = ['time', 'stage', 'json'] as const;
type View = (typeof VIEWS)[number];

/** Everything that happened, as it is kept: what the run is was made of these. */
export function EventsTab({ run }: { run: Run }) {
  const [view, setView] = useQueryState('events', parseAsStringLiteral(VIEWS).withDefault('time'));
  const log = useEvents(run, view !== 'time');
  const nameOf = useAgentNames();
  const { events: text } = runWords;
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const isGrouped = view === 'stage';
  const rows = useMemo(
    () =>
      isGrouped && log.events
        ? groupEvents(log.events, folded)
        : log.events?.map((event): EventRow => ({ kind: 'event', event })),
    [log.events, isGrouped, folded],
  );
  const fold = (row: EventRow) => {
    if (row.kind !== 'heading') return;
    const next = new Set(folded);
    if (!next.delete(row.stage)) next.add(row.stage);
    setFolded(next);
  };
  const source = useMemo(
    () => (view === 'json' && log.events && !log.hasMore ? openText(toJson(log.events)) : undefined),
    [view, log.events, log.hasMore],
  );
  return (
    <section className="overflow-hidden rounded-lg border border-line bg-card shadow-card">
      <Head run={run} view={view} onView={(next) => void setView(next)} log={log} />
      {log.asked.error ? (
        <div className="px-4">
          <Broken of={log.asked} />
        </div>
      ) : null}
      {view === 'json' ? (
        <div className="p-3">
          {source ? (
            <TextView label={text.label} source={source} />
          ) : (
            <Skeleton label={text.loading} rows={12} />
          )}
        </div>
      ) : (
        <DataGrid
          label={text.label}
          columns={columnsOf({ run, nameOf, isGrouped, fold })}
          rows={rows}
          keyOf={keyOf}
          {...(isGrouped ? { onOpen: fold } : {})}
          hasMore={log.hasMore}
          onEnd={log.more}
          rowPx={30}
          empty={<Empty icon={History} title={text.loading} />}
        />
      )}
    </section>
  );
}

interface HeadProps {
  run: Run;
  view: View;
  onView(view: View): void;
  log: ReturnType<typeof useEvents>;
}

function Head({ run, view, onView, log }: HeadProps) {
  const { events: text } = runWords;
  return (
    <div className="flex items-center justify-between border-b border-line p-2">
      <Segments
        label={text.by}
        value={view}
        onChange={onView}
        choices={[
          { value: 'time', label: text.time },
          { value: 'stage', label: text.byStage },
          { value: 'json', label: text.json },
        ]}
      />
      <span className="flex items-center gap-2">
        {view !== 'time' && log.events && log.hasMore ? (
          <span role="status" className="text-xs tabular-nums text-quiet">
            {text.loadingAll(log.events.length, log.lastSeq)}
          </span>
        ) : null}
        <DownloadButton run={run} />
      </span>
    </div>
  );
}

const toJson = (events: readonly Event[]): string => JSON.stringify(events, null, 2);

/** All of them, also those that nobody has scrolled to. */
function DownloadButton({ run }: { run: Run }) {
  const toast = useToast();
  const [isBusy, setBusy] = useState(false);
  const download = async () => {
    const all: Event[] = [];
    for (let lastSeq = 1; (all.at(-1)?.seq ?? 0) < lastSeq; ) {
      const page = await askPage(run, all.at(-1)?.seq ?? 0);
      if (page.events.length === 0) break;
      all.push(...page.events);
      lastSeq = page.last_seq;
    }
    saveFile(`${run.id}-events.json`, toJson(all), 'application/json');
  };
  const start = () => {
    setBusy(true);
    download()
      .catch((error: Error) => toast({ title: error.message, isFailure: true }))
      .finally(() => setBusy(false));
  };
  return <IconButton label={runWords.events.download} icon={Download} disabled={isBusy} onClick={start} />;
}

const askPage = (run: Run, after: number, signal?: AbortSignal) =>
  ask('runs.events', { id: run.id as RunId, after, limit: PAGE }, signal ? { signal } : {});

/** In the order of time as far as somebody scrolls; in another, or as one text, all of them. */
function useEvents(run: Run, isAll: boolean) {
  const id = run.id as RunId;
  const queryKey = ['runs', 'events', 'pages', id];
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ signal, pageParam }) => askPage(run, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: ({ events, last_seq }) => {
      const last = events.at(-1)?.seq;
      return last === undefined || last >= last_seq ? null : last;
    },
  });
  const read = list.data?.pages.length ?? 0;
  useFresh(isRunOver(run.status) ? undefined : { run_id: id }, {
    keys: [queryKey],
    everyMs: 1000 + read * 500,
  });
  const events = useMemo(() => list.data?.pages.flatMap((page) => page.events), [list.data]);
  const { hasNextPage, isFetching, error, fetchNextPage } = list;
  useEffect(() => {
    // After each page the next, unless one could not be read: then people ask again.
    if (isAll && hasNextPage && !isFetching && !error) void fetchNextPage();
  }, [isAll, hasNextPage, isFetching, error, fetchNextPage]);
  return {
    events,
    asked: list,
    hasMore: list.hasNextPage,
    lastSeq: list.data?.pages.at(-1)?.last_seq ?? 0,
    more() {
      if (list.hasNextPage && !list.isFetching) void list.fetchNextPage();
    },
  };
}

/** Before the place of a stage, so that it is no number of an event. */
const HEADING = '#';

const keyOf = (row: EventRow): string =>
  row.kind === 'event' ? String(row.event.seq) : `${HEADING}${row.stage}`;

interface ColumnProps {
  run: Run;
  nameOf(agentId: string): string;
  isGrouped: boolean;
  fold(row: EventRow): void;
}

function columnsOf({ run, nameOf, isGrouped, fold }: ColumnProps): GridColumn<EventRow>[] {
  const { events: text } = runWords;
  const start = Date.parse(run.created_at);
  const stageName = (stage: number) => run.stages[stage]?.name ?? text.ofRun;
  const ofEvent = (say: (event: Event) => ReactNode) => (row: EventRow) =>
    row.kind === 'event' ? say(row.event) : null;
  return [
    {
      ...{ key: 'seq', title: text.number, width: '4.5rem', align: 'end', wideOnly: true },
      cell: ofEvent(({ seq }) => seq),
    },
    {
      ...{ key: 'at', title: text.at, width: '7rem', align: 'end' },
      cell: ofEvent(({ at }) => <span title={at}>+{formatDuration(Date.parse(at) - start)}</span>),
    },
    {
      key: 'stage',
      title: runWords.stage,
      width: 'minmax(8rem,14rem)',
      cell(row) {
        if (row.kind === 'heading')
          return <Heading name={stageName(row.stage)} isFolded={row.isFolded} onFold={() => fold(row)} />;
        const stage = stageOf(row.event);
        // Its heading says it.
        if (isGrouped) return null;
        return run.stages[stage]?.name ?? <span className="text-quiet">{text.ofRun}</span>;
      },
    },
    {
      ...{ key: 'what', title: text.what, width: 'minmax(14rem,1fr)', onPhone: 'lead' },
      cell: (row) =>
        row.kind === 'heading' ? (
          <span className="text-quiet">{text.count(row.count)}</span>
        ) : (
          <span title={JSON.stringify(row.event.event)}>{sayEvent(row.event.event, nameOf)}</span>
        ),
    },
  ];
}

/** Enter or a click on the row folds it too; a stop of the tab key in each would make the list endless. */
function Heading({ name, isFolded, onFold }: { name: string; isFolded: boolean; onFold(): void }) {
  const Icon = isFolded ? ChevronRight : ChevronDown;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-expanded={!isFolded}
      aria-label={runWords.events.fold(name)}
      onClick={onFold}
      className="inline-flex max-w-full items-center gap-1 font-medium"
    >
      <Icon aria-hidden size={16} className="shrink-0 text-quiet" />
      <span className="truncate">{name}</span>
    </button>
  );
}
