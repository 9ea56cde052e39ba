'use client';

import { Inbox } from 'lucide-react';
import { parseAsBoolean, parseAsString, useQueryState } from 'nuqs';
import { useEffect, useState } from 'react';
import { lookOfQueue } from '../looks/index.ts';
import { Button } from '../ui/button.tsx';
import { Switch } from '../ui/choice.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { formatCount, formatDuration } from '../ui/format.ts';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { judgeQueue } from './judge-queue.ts';
import { hasWork, listQueues } from './listed-queues.ts';
import type { Queue } from './types.ts';
import { words } from './words.ts';

const number = (key: keyof typeof words.columns, of: (queue: Queue) => number, wideOnly = true) => ({
  ...{ key, title: words.columns[key], align: 'end' as const, wideOnly },
  cell: (queue: Queue) => formatCount(of(queue)),
});

const COLUMNS: readonly TableColumn<Queue>[] = [
  {
    key: 'queue',
    title: words.columns.queue,
    cell: ({ queue }) => <span className="font-mono text-xs">{queue}</span>,
  },
  {
    key: 'state',
    title: words.columns.state,
    onPhone: 'side',
    cell: (queue) => <StatusText look={lookOfQueue(judgeQueue(queue))} />,
  },
  number('waiting', ({ messages }) => messages, false),
  {
    key: 'oldest',
    title: words.columns.oldest,
    align: 'end',
    cell: ({ oldest_age_ms: age }) => (age === null ? '–' : formatDuration(age)),
  },
  number('consumers', ({ consumers }) => consumers, false),
  number('inHand', ({ unacked }) => unacked),
  number('in', (queue) => queue.published_per_minute),
  number('out', (queue) => queue.delivered_per_minute),
  number('returned', (queue) => queue.returned_per_minute),
];

/** Which of them are shown, kept in the address. */
function useListed(queues: readonly Queue[] | undefined) {
  const [showsEmpty, setShowsEmpty] = useQueryState('empty', parseAsBoolean.withDefault(false));
  const [only, setOnly] = useQueryState('queue', parseAsString);
  const [kept] = useState(() => new Set<string>());
  useEffect(() => {
    for (const queue of queues ?? []) if (hasWork(queue)) kept.add(queue.queue);
  }, [queues, kept]);
  return {
    ...{ only, showsEmpty },
    shown: queues && listQueues(queues, { only, showsEmpty, kept }),
    setOnly: (next: string | null) => void setOnly(next),
    setShowsEmpty(next: boolean) {
      // Whoever hides them means those that have run empty too.
      kept.clear();
      void setShowsEmpty(next || null);
    },
  };
}

export function QueuesTable({
  queues,
  isBroken,
}: {
  queues: readonly Queue[] | undefined;
  isBroken: boolean;
}) {
  const { shown, only, setOnly, showsEmpty, setShowsEmpty } = useListed(queues);
  const showAll = (
    <Button size="sm" onClick={() => setOnly(null)}>
      {words.all(queues?.length ?? 0)}
    </Button>
  );
  return (
    <Card
      title={words.list}
      actions={
        only === null ? (
          <Switch label={words.showEmpty} checked={showsEmpty} onChange={setShowsEmpty} />
        ) : (
          showAll
        )
      }
      flush
    >
      {shown && shown.length > 0 ? (
        <>
          <Table label={words.list} columns={COLUMNS} rows={shown} keyOf={({ queue }) => queue} />
          <p className="border-t border-line px-4 py-2 text-xs text-quiet">{words.through}</p>
        </>
      ) : null}
      {shown?.length === 0 && only !== null ? (
        <Empty icon={Inbox} title={words.gone.title(only)}>
          {words.gone.text}
        </Empty>
      ) : null}
      {shown?.length === 0 && only === null ? (
        <Empty
          icon={Inbox}
          title={words.none.title}
          action={
            <Button size="sm" onClick={() => setShowsEmpty(true)}>
              {words.none.show}
            </Button>
          }
        >
          {words.none.text(queues?.length ?? 0)}
        </Empty>
      ) : null}
      {shown || isBroken ? null : <Skeleton label={words.loading} rows={6} />}
    </Card>
  );
}
