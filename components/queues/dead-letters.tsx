'use client';

import { Inbox, Lock, RotateCw, Square } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import { useRef, useState } from 'react';
import { type Asked, Broken } from '../shell/broken.tsx';
import { useKeys } from '../shell/keys/index.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/feedback.tsx';
import { formatBytes } from '../ui/format.ts';
import { DataGrid, type GridColumn, type GridHandle } from '../ui/grid/index.ts';
import { Card } from '../ui/surface.tsx';
import { Ago } from '../ui/text.tsx';
import { LetterDrawer } from './letter-drawer.tsx';
import type { Letter } from './types.ts';
import { useReplayAll } from './use-replay-all.ts';
import { words } from './words.ts';

const { columns: TITLES } = words.dead;
const COLUMNS: readonly GridColumn<Letter>[] = [
  {
    key: 'when',
    title: TITLES.when,
    width: '7rem',
    onPhone: 'side',
    cell: ({ dead_at: at }) => (at === null ? '–' : <Ago at={at} />),
  },
  {
    key: 'what',
    title: TITLES.what,
    width: '6rem',
    wideOnly: true,
    cell: ({ task_id: task }) => (task === null ? words.dead.message : words.dead.task),
  },
  {
    key: 'queue',
    title: TITLES.queue,
    width: '12rem',
    cell: ({ queue }) => <span className="font-mono text-xs">{queue}</span>,
  },
  {
    key: 'reason',
    title: TITLES.reason,
    width: 'minmax(14rem,1fr)',
    onPhone: 'lead',
    cell: ({ reason }) => <span title={reason}>{reason}</span>,
  },
  {
    key: 'returns',
    title: TITLES.returns,
    width: '7rem',
    align: 'end',
    wideOnly: true,
    cell: ({ redeliveries }) => words.dead.times(redeliveries),
  },
  {
    key: 'size',
    title: TITLES.size,
    width: '6rem',
    align: 'end',
    wideOnly: true,
    cell: ({ bytes }) => formatBytes(bytes),
  },
];

interface DeadLettersProps {
  letters: readonly Letter[] | undefined;
  /** How asking for them went. */
  asked: Asked;
  mayInspect: boolean;
  /** No more of them than are shown. */
  isAll: boolean;
}

export function DeadLetters({ letters, asked, mayInspect, isAll }: DeadLettersProps) {
  const [open, setOpen] = useQueryState('letter', parseAsString);
  const grid = useRef<GridHandle>(null);
  useKeys(words.dead.keys.title, [
    { keys: 'j', label: words.dead.keys.next, run: () => grid.current?.move(1) },
    { keys: 'k', label: words.dead.keys.previous, run: () => grid.current?.move(-1) },
    { keys: 'enter', label: words.dead.keys.open, run: () => grid.current?.open() },
  ]);
  if (!mayInspect)
    return (
      <Card flush>
        <Empty icon={Lock} title={words.dead.notYours.title}>
          {words.dead.notYours.text}
        </Empty>
      </Card>
    );
  return (
    <>
      <Broken of={asked} />
      <Card title={words.dead.list} actions={<ReplayAll count={letters?.length ?? 0} isAll={isAll} />} flush>
        <p className="border-b border-line px-4 py-2 text-sm text-quiet">{words.dead.note}</p>
        {asked.error && !letters ? null : (
          <DataGrid
            ref={grid}
            label={words.dead.list}
            columns={COLUMNS}
            rows={letters}
            keyOf={({ id }) => id}
            onOpen={({ id }) => void setOpen(id)}
            empty={
              <Empty icon={Inbox} title={words.dead.none.title}>
                {words.dead.none.text}
              </Empty>
            }
          />
        )}
      </Card>
      {open === null ? null : <LetterDrawer key={open} id={open} onClose={() => void setOpen(null)} />}
    </>
  );
}

function ReplayAll({ count, isAll }: { count: number; isAll: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const { run, stop, phase, done, total } = useReplayAll();
  const isBusy = phase !== 'idle';
  useKeys(words.dead.keys.title, [
    {
      label: words.dead.replayAll(count, isAll),
      leads: true,
      disabled: isBusy || count === 0,
      run: () => setAsking(true),
    },
  ]);
  if (count === 0 && !isBusy) return null;
  return (
    <span className="flex flex-wrap items-center justify-end gap-x-3 gap-y-1">
      <span role="status" className="text-sm text-quiet tabular-nums">
        {isBusy ? words.dead.replaying(done, total) : ''}
      </span>
      {isBusy ? (
        <Button size="sm" icon={Square} busy={phase === 'stopping'} onClick={stop}>
          {words.dead.stop}
        </Button>
      ) : null}
      <Button size="sm" icon={RotateCw} busy={isBusy} onClick={() => setAsking(true)}>
        {words.dead.replayAll(count, isAll)}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.dead.replayAllTitle(count, isAll)}
        consequence={words.dead.replayAllConsequence}
        confirmLabel={words.dead.replayAll(count, isAll)}
        onConfirm={() => run(isAll ? count : undefined)}
      />
    </span>
  );
}
