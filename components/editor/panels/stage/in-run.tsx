'use client';

import { ScrollText } from 'lucide-react';
import { lookOfTask } from '../../../looks/index.ts';
import { LinkButton } from '../../../ui/button.tsx';
import { StatusText } from '../../../ui/status.tsx';
import { useEditor } from '../../context.ts';
import { useObserved } from '../../store/observable.ts';
import { words } from '../../words.ts';

/** How the stage does in the run that is drawn over the canvas, why, and where it says more. */
export function InRun({ stageKey }: { stageKey: string }) {
  const { overlay } = useEditor();
  const run = useObserved(overlay, (known) => known?.runId);
  const state = useObserved(overlay, (known) => known?.stages.get(stageKey));
  if (run === undefined || !state) return null;
  return (
    <section
      aria-label={words.inTheRun}
      className="flex flex-col gap-1.5 border-b border-line px-4 py-3 text-sm"
    >
      <div className="flex items-center justify-between gap-2">
        <StatusText look={lookOfTask(state.status)} />
        {state.attempt === 0 ? null : (
          <LinkButton
            size="sm"
            icon={ScrollText}
            href={`/runs/${run}?tab=logs&in=${encodeURIComponent(stageKey)}`}
          >
            {words.itsLog}
          </LinkButton>
        )}
      </div>
      {state.note === null ? null : <p className="wrap-anywhere text-quiet">{state.note}</p>}
    </section>
  );
}
