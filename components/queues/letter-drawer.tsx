'use client';

import { useQuery } from '@tanstack/react-query';
import { RotateCw, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { type Answer, query } from '../data/index.ts';
import { useKeys } from '../shell/keys/index.ts';
import { useAct } from '../shell/use-act.ts';
import { useGoOn } from '../shell/use-go-on.ts';
import { useIsShown } from '../shell/use-is-shown.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Drawer } from '../ui/drawer.tsx';
import { Notice, Skeleton } from '../ui/feedback.tsx';
import { formatBytes } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { Ago, Code, CopyText } from '../ui/text.tsx';
import type { Letter } from './types.ts';
import { words } from './words.ts';

/** Not the letter itself, which is gone then. */
const REFRESH = [['deadLetters', 'list'], ['queues']] as const;

/** One dead letter: why it is dead, what lies in it, and what can be done with it. */
export function LetterDrawer({ id, onClose }: { id: string; onClose(): void }) {
  const { data, error } = useQuery({ ...query('deadLetters.get', { id }), retry: false });
  return (
    <Drawer
      open
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={data?.letter.task_id ? words.dead.task : words.dead.message}
    >
      {error ? (
        <Notice
          message={error.code === 'NOT_FOUND' ? words.dead.gone : error.message}
          advice={error.code === 'NOT_FOUND' ? undefined : error.advice}
        />
      ) : null}
      {data ? (
        <div className="flex flex-col gap-5">
          <Actions key={id} letter={data.letter} onDone={onClose} />
          <Facts letter={data.letter} />
          <Contents opened={data} />
        </div>
      ) : null}
      {data || error ? null : <Skeleton label={words.dead.loading} rows={8} />}
    </Drawer>
  );
}

function Actions({ letter, onDone }: { letter: Letter; onDone(): void }) {
  const [isAsking, setAsking] = useState(false);
  const goOn = useGoOn();
  const isShown = useIsShown();
  const leave = () => (isShown.current ? onDone() : undefined);
  const mayOperate = useMay()('queue.operate');
  const replay = useAct('deadLetters.replay', {
    done: words.dead.replayDone,
    refresh: REFRESH,
    onDone({ run_id: run }) {
      if (run === null) leave();
      else goOn({ href: `/runs/${run}`, made: 'run' });
    },
  });
  const discard = useAct('deadLetters.discard', {
    ...{ done: words.dead.discardDone, refresh: REFRESH },
    onDone: leave,
  });
  useKeys(words.dead.keys.title, [
    {
      ...{ label: words.dead.replayThis, leads: true, disabled: !mayOperate || replay.isBusy },
      run: () => replay.run({ id: letter.id }),
    },
    {
      ...{ label: words.dead.discardThis, leads: true, disabled: !mayOperate || discard.isBusy },
      run: () => setAsking(true),
    },
  ]);
  if (!mayOperate) return null;
  return (
    <div className="flex gap-2">
      <Button
        look="primary"
        icon={RotateCw}
        busy={replay.isBusy}
        onClick={() => replay.run({ id: letter.id })}
      >
        {words.dead.replay}
      </Button>
      <Button icon={Trash2} busy={discard.isBusy} onClick={() => setAsking(true)}>
        {words.dead.discard}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.dead.discardTitle}
        consequence={words.dead.discardConsequence}
        confirmLabel={words.dead.discard}
        danger
        asksReason
        onConfirm={(reason) => discard.run({ id: letter.id, reason })}
      />
    </div>
  );
}

function Facts({ letter }: { letter: Letter }) {
  const { facts: names } = words.dead;
  const facts: [string, ReactNode][] = [
    [names.reason, letter.reason],
    [
      names.queue,
      <span key="q" className="font-mono text-xs">
        {letter.queue}
      </span>,
    ],
    [names.when, letter.dead_at === null ? '–' : <Ago key="w" at={letter.dead_at} />],
    [names.returns, words.dead.times(letter.redeliveries)],
    [names.priority, letter.priority],
    [names.size, formatBytes(letter.bytes)],
    [names.id, <CopyText key="i" what={names.id} text={letter.id} />],
  ];
  if (letter.run_id !== null)
    facts.push([
      names.run,
      <Link key="r" href={`/runs/${letter.run_id}`} className="font-mono text-xs text-accent hover:underline">
        {letter.run_id}
      </Link>,
    ]);
  return (
    <dl className="grid grid-cols-[6rem_1fr] items-baseline gap-x-4 gap-y-2 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-quiet">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Contents({
  opened: { text, is_cut: isCut, is_sensitive: isSensitive },
}: {
  opened: Answer<'deadLetters.get'>;
}) {
  if (text === null)
    return <p className="text-sm text-quiet">{isSensitive ? words.dead.sensitive : words.dead.noPeek}</p>;
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="font-medium">{words.dead.peek}</h3>
      <p className="text-xs text-quiet">
        {[words.dead.peekNote, ...(isCut ? [words.dead.cut] : [])].join(' ')}
      </p>
      <Code label={words.dead.peek}>{text}</Code>
    </section>
  );
}
