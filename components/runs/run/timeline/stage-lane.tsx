'use client';

import { memo } from 'react';
import { lookOfTask } from '../../../looks/index.ts';
import { StatusIcon } from '../../../ui/status.tsx';
import { runWords } from '../run-words.ts';
import type { Stage } from '../use-run.ts';
import { Lane } from './lane.tsx';
import type { TimelineRow } from './model.ts';
import { Opener } from './opener.tsx';
import { LANES } from './ruler.tsx';
import type { Scale } from './scale.ts';

/** Scrolling asks for each row anew: those that stay are as they were. */
export const StageLane = memo(function StageLane({
  row,
  scale,
  isOpen,
  isSelected,
  isNarrow,
  path,
  onSelect,
  onOpen,
}: {
  row: TimelineRow;
  scale: Scale;
  /** Its attempts stand below it. */
  isOpen: boolean;
  isSelected: boolean;
  /** On a phone. */
  isNarrow: boolean;
  /** Whether it is on the critical path, when that is shown. */
  path: 'on' | 'off' | undefined;
  onSelect(key: string): void;
  onOpen(key: string, open: boolean): void;
}) {
  const { stage, segments, tries } = row;
  const look = lookOfTask(stage.state);
  const open = (wanted: boolean) => onOpen(stage.key, wanted);
  return (
    <div className="relative size-full">
      <button
        type="button"
        aria-current={isSelected ? 'true' : undefined}
        title={noteOf(stage)}
        onClick={() => onSelect(stage.key)}
        onKeyDown={(event) => {
          const { key } = event;
          if (tries.length === 0 || (key !== 'ArrowRight' && key !== 'ArrowLeft')) return;
          // Not the page's then.
          event.preventDefault();
          open(key === 'ArrowRight');
        }}
        className={`${LANES} size-full items-center border-b border-line text-left text-sm hover:bg-hover focus-visible:-outline-offset-2 aria-[current]:bg-accent-soft ${path === 'off' ? 'opacity-45' : ''}`}
      >
        <span className="flex min-w-0 items-center gap-2 pl-4 pr-3 group-data-opens/timeline:pl-7 pointer-coarse:group-data-opens/timeline:pl-10">
          <StatusIcon look={look} size={14} />
          <span className="min-w-0 grow truncate">{stage.name}</span>
          <span
            data-testid={`status-${stage.key}`}
            className={`shrink-0 text-xs max-md:sr-only ${stage.error ? 'text-bad' : 'text-quiet'}`}
          >
            {look.label}
          </span>
        </span>
        <Lane {...{ segments, scale, isNarrow }} isCritical={path === 'on'} />
      </button>
      {tries.length > 0 ? <Opener name={stage.name} isOpen={isOpen} onOpen={open} /> : null}
    </div>
  );
});

/** One line on hover: why it waits, how it failed, or what it is. */
function noteOf(stage: Stage): string {
  if (stage.error) return stage.error.message;
  if (stage.waiting) return stage.waiting.sentence;
  return stage.skipped_because ? runWords.skipped(stage.skipped_because) : stage.type;
}
