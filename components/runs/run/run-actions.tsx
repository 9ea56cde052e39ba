'use client';

import {
  Ban,
  Braces,
  CirclePause,
  CirclePlay,
  GitCompareArrows,
  Link2,
  MoreHorizontal,
  OctagonX,
  Printer,
  RotateCcw,
} from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import type { RunId } from '../../../server/domain/ids.ts';
import { isRunActive, isRunCancelling, isRunOver, isRunPaused } from '../../../server/domain/statuses.ts';
import { ask } from '../../data/index.ts';
import { useKeys } from '../../shell/keys/index.ts';
import { useAct } from '../../shell/use-act.ts';
import { useMay } from '../../shell/use-may.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { copyText } from '../../ui/clipboard.ts';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx';
import { patiently } from '../../ui/patiently.ts';
import { useToast } from '../../ui/toast.tsx';
import { saveFile } from '../save-file.ts';
import { ReplayDialog } from './replay-dialog.tsx';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';

// It comes when it is asked for.
const CompareDialog = lazy(
  patiently(() => import('./compare-dialog.tsx').then((file) => ({ default: file.CompareDialog }))),
);

type Question = 'replay' | 'compare' | 'cancel' | 'kill';

interface ActionProps {
  run: Run;
  stageKey: string | null;
  onPrint(): void;
}

export function RunActions({ run, stageKey, onPrint }: ActionProps) {
  const [question, setQuestion] = useState<Question>();
  const id = run.id as RunId;
  const [pause, resume, cancel, kill] = [
    useAct('runs.pause'),
    useAct('runs.resume'),
    useAct('runs.cancel'),
    useAct('runs.kill'),
  ];
  const mayOperate = useMay()('run.operate');
  const isOver = isRunOver(run.status);
  const canCancel = mayOperate && !isOver && !isRunCancelling(run.status);
  const canReplay = mayOperate && isOver;
  useActionKeys({
    run,
    may: { operate: mayOperate, cancel: canCancel, replay: canReplay },
    ask: setQuestion,
    pause: () => pause.run({ id }),
    resume: () => resume.run({ id }),
  });
  const { actions } = runWords;
  const close = () => setQuestion(undefined);
  return (
    <span className="flex flex-wrap items-center gap-2 print:hidden">
      {mayOperate && isRunActive(run.status) ? (
        <Button icon={CirclePause} busy={pause.isBusy} onClick={() => pause.run({ id })}>
          {actions.pause}
        </Button>
      ) : null}
      {mayOperate && isRunPaused(run.status) ? (
        <Button icon={CirclePlay} busy={resume.isBusy} onClick={() => resume.run({ id })}>
          {actions.resume}
        </Button>
      ) : null}
      {isOver || !mayOperate ? null : (
        <Button icon={Ban} busy={cancel.isBusy} disabled={!canCancel} onClick={() => setQuestion('cancel')}>
          {actions.cancel}
        </Button>
      )}
      {canReplay ? (
        <Button icon={RotateCcw} onClick={() => setQuestion('replay')}>
          {actions.replay}
        </Button>
      ) : null}
      <MoreMenu
        run={run}
        onPrint={onPrint}
        onCompare={() => setQuestion('compare')}
        {...(mayOperate && !isOver ? { onKill: () => setQuestion('kill') } : {})}
      />
      <Suspense>{question === 'compare' ? <CompareDialog run={run} onClose={close} /> : null}</Suspense>
      {question === 'replay' ? <ReplayDialog run={run} from={stageKey} onClose={close} /> : null}
      <Confirmations
        question={question}
        onClose={close}
        onCancel={() => cancel.run({ id })}
        onKill={() => kill.run({ id })}
      />
    </span>
  );
}

interface ActionKeys {
  run: Run;
  may: Record<'operate' | 'cancel' | 'replay', boolean>;
  ask(question: Question): void;
  pause(): void;
  resume(): void;
}

function useActionKeys({ run: { status }, may, ask: put, pause, resume }: ActionKeys): void {
  const { keys, actions } = runWords;
  const leads = true;
  useKeys(runWords.title, [
    { keys: 'r', label: keys.replay, leads, run: () => put('replay'), disabled: !may.replay },
    { keys: 'c', label: keys.cancel, leads, run: () => put('cancel'), disabled: !may.cancel },
    { label: keys.pause, leads, run: pause, disabled: !may.operate || !isRunActive(status) },
    { label: keys.resume, leads, run: resume, disabled: !may.operate || !isRunPaused(status) },
    { label: actions.compare, run: () => put('compare') },
    { label: keys.kill, run: () => put('kill'), disabled: !may.operate || isRunOver(status) },
  ]);
}

function Confirmations({
  question,
  onClose,
  onCancel,
  onKill,
}: {
  question: Question | undefined;
  onClose(): void;
  onCancel(): void;
  onKill(): void;
}) {
  const { actions } = runWords;
  return (
    <>
      <ConfirmDialog
        open={question === 'cancel'}
        onOpenChange={onClose}
        title={actions.cancelTitle}
        consequence={actions.cancelWhy}
        confirmLabel={actions.cancel}
        danger
        onConfirm={onCancel}
      />
      <ConfirmDialog
        open={question === 'kill'}
        onOpenChange={onClose}
        title={actions.killTitle}
        consequence={actions.killWhy}
        confirmLabel={actions.kill}
        danger
        onConfirm={onKill}
      />
    </>
  );
}

interface MoreProps {
  run: Run;
  onPrint(): void;
  onCompare(): void;
  onKill?(): void;
}

function MoreMenu({ run, onPrint, onCompare, onKill }: MoreProps) {
  const toast = useToast();
  const { actions } = runWords;
  const failed = (error: Error) => toast({ title: error.message, isFailure: true });
  const exportJson = () => {
    ask('runs.get', { id: run.id as RunId }).then(
      (whole) => saveFile(`${run.id}.json`, JSON.stringify(whole, null, 2), 'application/json'),
      failed,
    );
  };
  const copyLink = () => {
    void copyText(window.location.href).then((isDone) =>
      toast(isDone ? { title: actions.copied } : { ...actions.notCopied, isFailure: true }),
    );
  };
  useKeys(runWords.title, [
    { label: actions.copyLink, run: copyLink },
    { label: actions.exportJson, run: exportJson },
  ]);
  return (
    <Menu align="end" trigger={<IconButton label={actions.more} icon={MoreHorizontal} look="plain" />}>
      <MenuItem label={actions.compare} icon={GitCompareArrows} onSelect={onCompare} />
      <MenuItem label={actions.copyLink} icon={Link2} onSelect={copyLink} />
      <MenuItem label={actions.exportJson} icon={Braces} onSelect={exportJson} />
      <MenuItem label={actions.print} icon={Printer} onSelect={onPrint} />
      {onKill ? (
        <>
          <MenuLine />
          <MenuItem label={actions.kill} icon={OctagonX} danger onSelect={onKill} />
        </>
      ) : null}
    </Menu>
  );
}
