'use client';

import { memo } from 'react';
import { TASK_STATUSES } from '../../../../server/domain/statuses.ts';
import { lookOfTask } from '../../../looks/index.ts';
import { formatDuration } from '../../../ui/format.ts';
import { fillOf, StatusIcon } from '../../../ui/status.tsx';
import { runWords } from '../run-words.ts';
import type { Stage } from '../use-run.ts';
import { isKnownState, type Segment, type TimelineRow } from './model.ts';
import { LANES } from './ruler.tsx';
import type { Scale } from './scale.ts';

/** Scrolling asks for each row anew: those that stay are as they were. */
export const StageLane = memo(function StageLane({
  row,
  scale,
  isSelected,
  isNarrow,
  path,
  onSelect,
}: {
  row: TimelineRow;
  scale: Scale;
  isSelected: boolean;
  /** On a phone. */
  isNarrow: boolean;
  /** Whether it is on the critical path, when that is shown. */
  path: 'on' | 'off' | undefined;
  onSelect(key: string): void;
}) {
  const { stage, segments } = row;
  const look = lookOfTask(stage.state);
  return (
    <button
      type="button"
      aria-current={isSelected ? 'true' : undefined}
      title={noteOf(stage)}
      onClick={() => onSelect(stage.key)}
      className={`${LANES} size-full items-center border-b border-line text-left text-sm hover:bg-hover focus-visible:-outline-offset-2 aria-[current]:bg-accent-soft ${path === 'off' ? 'opacity-45' : ''}`}
    >
      <span className="flex min-w-0 items-center gap-2 pl-4 pr-3">
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
  );
});

interface LaneProps {
  segments: readonly Segment[];
  scale: Scale;
  isCritical: boolean;
  isNarrow: boolean;
}

function Lane({ segments, scale, isCritical, isNarrow }: LaneProps) {
  const took = tookMs(segments);
  return (
    <span className="relative mr-4 h-full overflow-hidden">
      {scale.folds.map((fold) => (
        <span
          key={fold.from}
          aria-hidden
          className="absolute inset-y-0 bg-sunken"
          style={placeOf(scale, fold.from, fold.to)}
        />
      ))}
      {segments.map((segment) => (
        <Bar
          key={`${segment.kind} ${segment.from}`}
          segment={segment}
          scale={scale}
          isCritical={isCritical}
        />
      ))}
      {took === undefined ? null : (
        <Took
          {...{ ms: took, isNarrow }}
          from={scale.at(segments[0]?.from ?? 0)}
          to={scale.at(segments.at(-1)?.to ?? 0)}
        />
      )}
    </span>
  );
}

/** Of the lane: what the words need. On a phone a lane is a third as wide. */
const ROOM = { wide: 0.1, narrow: 0.3 } as const;

/** After the bar; where there is no room before it, and of one that has none either, on its end. */
function Took({ ms, from, to, isNarrow }: { ms: number; from: number; to: number; isNarrow: boolean }) {
  const room = isNarrow ? ROOM.narrow : ROOM.wide;
  const words = formatDuration(ms);
  const place =
    'pointer-events-none absolute inset-y-0 flex items-center whitespace-nowrap text-2xs tabular-nums';
  if (to <= 1 - room)
    return (
      <span
        className={`${place} pl-1.5 text-quiet`}
        style={{ insetInlineStart: `${Math.max(to, 0) * 100}%` }}
      >
        {words}
      </span>
    );
  if (from >= room)
    return (
      <span
        className={`${place} pr-1.5 text-quiet`}
        style={{ insetInlineEnd: `${Math.max(1 - from, 0) * 100}%` }}
      >
        {words}
      </span>
    );
  return (
    <span className={`${place} right-0`}>
      <span className="rounded-l-sm bg-card pl-1.5 leading-5 text-text">{words}</span>
    </span>
  );
}

/** Thin things are drawn at least two pixels wide, or they would not be there. */
function placeOf(scale: Scale, from: number, to: number) {
  const [left, right] = [Math.max(scale.at(from), 0), Math.min(scale.at(to), 1)];
  return { insetInlineStart: `${left * 100}%`, inlineSize: `max(2px, ${Math.max(right - left, 0) * 100}%)` };
}

function Bar({ segment, scale, isCritical }: { segment: Segment; scale: Scale; isCritical: boolean }) {
  if (scale.at(segment.to) < 0 || scale.at(segment.from) > 1) return null;
  const height = segment.kind === 'run' ? 'top-2 bottom-2' : 'top-3 bottom-3';
  const edge = isCritical && segment.kind === 'run' ? 'ring-1 ring-text ring-offset-1 ring-offset-card' : '';
  return (
    <span
      title={runWords.segment(segment.kind, segment.attempt, formatDuration(segment.to - segment.from))}
      className={`absolute rounded-[2px] ${height} ${edge} ${fillOfSegment(segment)}`}
      style={placeOf(scale, segment.from, segment.to)}
    />
  );
}

function fillOfSegment({ kind, state }: Segment): string {
  if (kind === 'wait') return fillOf({ tone: 'idle', pattern: 'striped' });
  if (kind === 'pause') return fillOf({ tone: 'warn', pattern: 'dotted' });
  if (isKnownState(state, TASK_STATUSES)) return fillOf(lookOfTask(state));
  // An attempt that got lost or was given back: no state that a task has, and no success.
  return fillOf({ tone: 'warn', pattern: 'crossed' });
}

const tookMs = (segments: readonly Segment[]): number | undefined => {
  const runs = segments.filter(({ kind }) => kind === 'run');
  return runs.length === 0 ? undefined : runs.reduce((sum, { from, to }) => sum + to - from, 0);
};

/** One line on hover: why it waits, how it failed, or what it is. */
function noteOf(stage: Stage): string {
  if (stage.error) return stage.error.message;
  if (stage.waiting) return stage.waiting.sentence;
  return stage.skipped_because ? runWords.skipped(stage.skipped_because) : stage.type;
}
