import { TASK_STATUSES } from '../../../../server/domain/statuses.ts';
import { lookOfTask } from '../../../looks/index.ts';
import { formatDuration } from '../../../ui/format.ts';
import { fillOf } from '../../../ui/status.tsx';
import { runWords } from '../run-words.ts';
import { FILLS } from './legend.tsx';
import { isKnownState, type Segment } from './model.ts';
import type { Scale } from './scale.ts';

interface LaneProps {
  segments: readonly Segment[];
  scale: Scale;
  isCritical: boolean;
  isNarrow: boolean;
}

/** What went on in one row, along the line of time. */
export function Lane({ segments, scale, isCritical, isNarrow }: LaneProps) {
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
  if (kind in FILLS) return FILLS[kind as keyof typeof FILLS];
  if (isKnownState(state, TASK_STATUSES)) return fillOf(lookOfTask(state));
  // An attempt that got lost or was given back: no state that a task has, and no success.
  return fillOf({ tone: 'warn', pattern: 'crossed' });
}

const tookMs = (segments: readonly Segment[]): number | undefined => {
  const runs = segments.filter(({ kind }) => kind === 'run');
  return runs.length === 0 ? undefined : runs.reduce((sum, { from, to }) => sum + to - from, 0);
};
