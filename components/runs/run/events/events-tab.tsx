'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { Download, History } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo } from 'react';
import type { RunId } from '../../../../server/domain/ids.ts';
import { isRunOver } from '../../../../server/domain/statuses.ts';
import { type Answer, ask, useFresh } from '../../../data/index.ts';
import { Broken } from '../../../shell/broken.tsx';
import { IconButton } from '../../../ui/button.tsx';
import { Segments } from '../../../ui/choice.tsx';
import { Empty } from '../../../ui/feedback.tsx';
import { formatDuration } from '../../../ui/format.ts';
import { DataGrid, type GridColumn } from '../../../ui/grid/index.ts';
import { saveFile } from '../../save-file.ts';
import { openText } from '../data/line-source.ts';
import { TextView } from '../data/text-view.tsx';
import { runWords } from '../run-words.ts';
import { useAgentNames } from '../use-agent-names.ts';
import type { Run } from '../use-run.ts';
import { sayEvent } from './event-words.ts';

type Event = Answer<'runs.events'>['events'][number];

const PAGE = 1000;
const VIEWS = ['time', 'stage', 'json'] as const;

/** Everything that happened, as it is kept: what the run is was made of these. */
export function EventsTab({ run }: { run: Run }) {
  const [view, setView] = useQueryState('events', parseAsStringLiteral(VIEWS).withDefault('time'));
  const log = useEvents(run);
  const nameOf = useAgentNames();
  const { events: text } = runWords;
  const rows = useMemo(() => {
    if (!log.events || view !== 'stage') return log.events;
    return [...log.events].sort((a, b) => stageOf(a) - stageOf(b) || a.seq - b.seq);
  }, [log.events, view]);
  const source = useMemo(
    () => (view === 'json' && log.events ? openText(JSON.stringify(log.events, null, 2)) : undefined),
    [view, log.events],
  );
  return (
    <section className="overflow-hidden rounded-lg border border-line bg-card shadow-card">
      <div className="flex items-center justify-between border-b border-line p-2">
        <Segments
          label={text.by}
          value={view}
          onChange={(next) => void setView(next)}
          choices={[
            { value: 'time', label: text.time },
            { value: 'stage', label: text.byStage },
            { value: 'json', label: text.json },
          ]}
        />
        <IconButton
          label={text.download}
          icon={Download}
          disabled={!log.events}
          onClick={() =>
            saveFile(`${run.id}-events.json`, JSON.stringify(log.events, null, 2), 'application/json')
          }
        />
      </div>
      {log.asked.error ? (
        <div className="px-4">
          <Broken of={log.asked} />
        </div>
      ) : null}
      {source ? (
        <div className="p-3">
          <TextView label={text.label} source={source} />
        </div>
      ) : (
        <DataGrid
          label={text.label}
          columns={columnsOf(run, nameOf)}
          rows={rows}
          keyOf={({ seq }) => String(seq)}
          hasMore={log.hasMore}
          onEnd={log.more}
          rowPx={30}
          empty={<Empty icon={History} title={text.loading} />}
        />
      )}
    </section>
  );
}

function useEvents(run: Run) {
  const id = run.id as RunId;
  const queryKey = ['runs', 'events', 'pages', id];
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ signal, pageParam }) => ask('runs.events', { id, after: pageParam, limit: PAGE }, { signal }),
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
  return {
    events,
    asked: list,
    hasMore: list.hasNextPage,
    more() {
      if (list.hasNextPage && !list.isFetching) void list.fetchNextPage();
    },
  };
}

const stageOf = ({ event }: Event): number => (typeof event.task === 'number' ? event.task : -1);

function columnsOf(run: Run, nameOf: (agentId: string) => string): GridColumn<Event>[] {
  const { events: text } = runWords;
  const start = Date.parse(run.created_at);
  return [
    { key: 'seq', title: text.number, width: '4.5rem', align: 'end', wideOnly: true, cell: ({ seq }) => seq },
    {
      key: 'at',
      title: text.at,
      width: '7rem',
      align: 'end',
      cell: ({ at }) => <span title={at}>+{formatDuration(Date.parse(at) - start)}</span>,
    },
    {
      key: 'stage',
      title: runWords.stage,
      width: 'minmax(8rem,14rem)',
      cell: (event) => run.stages[stageOf(event)]?.name ?? <span className="text-quiet">{text.ofRun}</span>,
    },
    {
      key: 'what',
      title: text.what,
      width: 'minmax(14rem,1fr)',
      onPhone: 'lead',
      cell: ({ event }) => <span title={JSON.stringify(event)}>{sayEvent(event, nameOf)}</span>,
    },
  ];
}
