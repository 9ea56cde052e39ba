'use client';

import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { lookOfTask } from '../looks/index.ts';
import { formatDuration } from '../ui/format.ts';
import { StatusText } from '../ui/status.tsx';
import { OutputPreview } from './output-preview.tsx';

function durationOf(stage: Stage): string {
  if (stage.started_at === null || stage.finished_at === null) return '–';
  return formatDuration(Date.parse(stage.finished_at) - Date.parse(stage.started_at));
}

type Stage = Answer<'runs.get'>['stages'][number];

/** One line under the name: why it waits, how it failed, or how far it is. The line is always there, so nothing moves. */
function noteOf(stage: Stage): string {
  if (stage.error) return stage.error.message;
  if (stage.waiting) return stage.waiting.sentence;
  if (stage.skipped_because) return `Skipped: ${stage.skipped_because.replaceAll('-', ' ')}.`;
  if (stage.finished_at === null && stage.started_at !== null)
    return `${Math.round(stage.progress * 100)} % done`;
  return stage.attempt > 1 ? `Took ${stage.attempt} attempts` : stage.type;
}

export function StageRow({ runId, stage }: { runId: string; stage: Stage }) {
  const [isOpen, setOpen] = useState(false);
  const look = lookOfTask(stage.state);
  const panel = `output-${stage.key}`;
  return (
    <li className="border-b border-line last:border-b-0">
      <div className="grid min-h-16 grid-cols-[1.75rem_1fr_auto] items-center gap-x-3 px-4 py-2 sm:grid-cols-[1.75rem_1fr_8rem_5rem_6rem]">
        <span className="text-sm tabular-nums text-quiet">{stage.stage + 1}</span>
        <div className="min-w-0">
          <h3 className="truncate text-base font-medium">{stage.name}</h3>
          <p className={`truncate text-sm ${stage.error ? 'text-bad' : 'text-quiet'}`} title={noteOf(stage)}>
            {noteOf(stage)}
          </p>
        </div>
        <span data-testid={`status-${stage.key}`}>
          <StatusText look={look} />
        </span>
        <span className="hidden text-right text-sm tabular-nums text-quiet sm:block">
          {durationOf(stage)}
        </span>
        <span className="col-start-2 sm:col-start-auto sm:text-right">
          <button
            type="button"
            className="min-h-8 text-sm text-accent underline-offset-4 hover:underline disabled:text-quiet disabled:no-underline"
            disabled={stage.output === null}
            aria-expanded={isOpen}
            aria-controls={panel}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? 'Hide' : 'Show'} output<span className="sr-only"> of {stage.name}</span>
          </button>
        </span>
      </div>
      <div id={panel} hidden={!isOpen} className="px-4 pb-4">
        {isOpen ? <OutputPreview runId={runId} output={stage.output} /> : null}
      </div>
    </li>
  );
}
