'use client';

import { Eye, EyeOff } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { RunId } from '../../../../server/domain/ids.ts';
import type { Answer } from '../../../data/index.ts';
import { useAct } from '../../../shell/use-act.ts';
import { useMay } from '../../../shell/use-may.ts';
import { Button } from '../../../ui/button.tsx';
import { ConfirmDialog } from '../../../ui/dialog.tsx';
import { Code } from '../../../ui/text.tsx';
import { runWords } from '../run-words.ts';
import { Value } from './value.tsx';

type Revealed = Answer<'runs.reveal'>;

interface SensitiveProps {
  runId: RunId;
  /** A place in the pipeline; left out: what the run was given. */
  stage?: number;
  /** What is shown until then. Left out where it stands elsewhere on the page. */
  instead?: ReactNode;
  /** What of the answer is shown. */
  children(revealed: Revealed): ReactNode;
}

/** Says that something is hidden, and shows it to whoever asks for it, says why, and may. */
export function Sensitive({ runId, stage, instead, children }: SensitiveProps) {
  const [revealed, setRevealed] = useState<Revealed>();
  const [isAsking, setAsking] = useState(false);
  const mayReveal = useMay()('run.sensitive');
  const reveal = useAct('runs.reveal', { onDone: setRevealed, refresh: [] });
  const { sensitive } = runWords;
  const hidden = stage === undefined ? sensitive.given : sensitive.stage;
  const Icon = revealed ? Eye : EyeOff;
  return (
    <div className="flex flex-col gap-3">
      <section
        aria-label={sensitive.label}
        className={`flex flex-col gap-2 rounded-md border border-line px-3 py-2 text-sm ${revealed ? 'bg-warn-soft' : 'bg-sunken'}`}
      >
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="flex min-w-0 items-center gap-2 font-medium">
            <Icon aria-hidden size={14} className="shrink-0" />
            {revealed ? sensitive.shown : hidden}
          </p>
          {mayReveal ? (
            <Button
              size="sm"
              busy={reveal.isBusy}
              onClick={() => (revealed ? setRevealed(undefined) : setAsking(true))}
            >
              {revealed ? sensitive.hide : sensitive.reveal}
            </Button>
          ) : null}
        </div>
        {revealed ? (
          children(revealed)
        ) : (
          <p className="text-quiet">{mayReveal ? sensitive.told : sensitive.notYours}</p>
        )}
      </section>
      {revealed ? null : instead}
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={stage === undefined ? sensitive.askGiven : sensitive.askStage}
        consequence={sensitive.consequence}
        confirmLabel={sensitive.reveal}
        asksReason
        onConfirm={(reason) => reveal.run({ id: runId, reason, ...(stage === undefined ? {} : { stage }) })}
      />
    </div>
  );
}

/** All that a sensitive stage made and said. */
export function RevealedStage({ runId, revealed: { task } }: { runId: RunId; revealed: Revealed }) {
  const { sensitive } = runWords;
  if (!task) return null;
  const said = task.logs.map(({ level, message }) => `${level} ${message}`);
  const errors = [...task.attempts.flatMap(({ error }) => error ?? []), ...(task.error ? [task.error] : [])];
  return (
    <div className="flex flex-col gap-3">
      {task.output === null ? null : (
        <Value runId={runId} label={runWords.drawer.output} value={task.output} />
      )}
      {errors.length === 0 ? null : <Code label={sensitive.errors}>{JSON.stringify(errors, null, 2)}</Code>}
      {task.next_attempts_after === null ? null : (
        <p className="text-quiet">{sensitive.moreAttempts(task.attempts.length)}</p>
      )}
      {said.length === 0 ? null : <Code label={runWords.drawer.logs}>{said.join('\n')}</Code>}
      {task.next_cursor === null ? null : <p className="text-quiet">{sensitive.more(said.length)}</p>}
    </div>
  );
}
