'use client';

import { useRouter } from 'next/navigation';
import { type PointerEvent, useState } from 'react';
import { isRunCancelled, isRunFailure, isRunOver } from '../../../server/domain/statuses.ts';
import { lookOfRun } from '../../looks/index.ts';
import { useNow } from '../../ui/clock.ts';
import { formatDuration, formatMoment } from '../../ui/format.ts';
import { fillOf } from '../../ui/status.tsx';
import { useZone } from '../../ui/zone.ts';
import { paceOf } from '../while-open.ts';
import { words } from '../words.ts';
import type { RunRow } from './run-row.ts';

const SHOWN = 400;
const HEIGHT_PX = 88;
const PAD_PERCENT = 1;

interface Dot {
  run: RunRow;
  x: number;
  y: number;
  ms: number;
}

/** The runs of the list itself, so that chart and list cannot disagree. Dragging over it chooses a range of time. */
export function DurationChart({
  rows,
  onRange,
}: {
  rows: readonly RunRow[];
  onRange(from: Date, to: Date): void;
}) {
  const router = useRouter();
  const zone = useZone();
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const shown = rows.slice(0, SHOWN);
  // What goes on rises.
  const now = useNow(paceOf(shown));
  const { dots, first, last } = place(shown, now);
  const shareAt = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  const finish = () => {
    setDrag(undefined);
    if (!drag || Math.abs(drag.to - drag.from) < 0.01) return;
    const timeAt = (share: number) =>
      new Date(first + ((share * 100 - PAD_PERCENT) / (100 - 2 * PAD_PERCENT)) * (last - first));
    onRange(timeAt(Math.min(drag.from, drag.to)), timeAt(Math.max(drag.from, drag.to)));
  };
  return (
    <figure className="relative border-b border-line py-1 pl-20 pr-4 pt-2 print:hidden max-md:hidden">
      <Bounds dots={dots} />
      <div
        role="img"
        aria-label={words.chart.label(dots.length)}
        title={words.chart.hint}
        className="relative cursor-crosshair touch-none select-none"
        style={{ blockSize: HEIGHT_PX }}
        onPointerDown={(event) => {
          if (event.button !== 0 || (event.target as Element).closest('[data-dot]')) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: shareAt(event), to: shareAt(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: shareAt(event) })}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
      >
        <span aria-hidden className="absolute inset-x-0 top-1 border-t border-dashed border-line" />
        <span aria-hidden className="absolute inset-x-0 bottom-0 border-t border-line" />
        {drag ? <Brush {...drag} /> : null}
        {dots.map((dot) => (
          <DotMark key={dot.run.id} dot={dot} onOpen={() => router.push(`/runs/${dot.run.id}`)} />
        ))}
      </div>
      <figcaption className="flex justify-between text-2xs text-quiet">
        <span>{dots.length === 0 ? '' : formatMoment(new Date(first).toISOString(), zone)}</span>
        <span>{dots.length === 0 ? '' : formatMoment(new Date(last).toISOString(), zone)}</span>
      </figcaption>
    </figure>
  );
}

/** The longest and the shortest, beside the plot: over it they would lie on dots. */
function Bounds({ dots }: { dots: readonly Dot[] }) {
  if (dots.length === 0) return null;
  const lasted = dots.map(({ ms }) => ms);
  const [longest, shortest] = [formatDuration(Math.max(...lasted)), formatDuration(Math.min(...lasted))];
  return (
    <span
      aria-hidden
      className="absolute left-3 top-2 flex w-16 flex-col whitespace-nowrap justify-between text-right text-2xs tabular-nums text-quiet"
      style={{ blockSize: HEIGHT_PX }}
    >
      <span>{longest}</span>
      <span>{shortest === longest ? '' : shortest}</span>
    </span>
  );
}

function Brush({ from, to }: { from: number; to: number }) {
  return (
    <span
      aria-hidden
      className="absolute inset-y-0 border-x border-accent bg-accent-soft"
      style={{
        insetInlineStart: `${Math.min(from, to) * 100}%`,
        inlineSize: `${Math.abs(to - from) * 100}%`,
      }}
    />
  );
}

/** Round: went well. A tall bar: failed. Hollow: goes on. A small square: cancelled. */
function shapeOf({ status }: RunRow): string {
  if (!isRunOver(status)) return 'size-2 rounded-full';
  if (isRunFailure(status)) return 'h-2.5 w-1.5 rounded-[1px]';
  return isRunCancelled(status) ? 'size-1.5' : 'size-1.5 rounded-full';
}

function DotMark({ dot: { run, x, y, ms }, onOpen }: { dot: Dot; onOpen(): void }) {
  const look = lookOfRun(run.status);
  const zone = useZone();
  const pattern = isRunOver(run.status) ? 'solid' : 'outline';
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the list below has the same runs for the keyboard
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above
    <span
      data-dot
      title={`${look.label} · ${formatDuration(ms)} · ${formatMoment(run.created_at, zone)}`}
      onClick={onOpen}
      className="absolute -m-1 cursor-default p-1 hover:z-10 hover:scale-150"
      style={{ insetInlineStart: `calc(${x}% - 3px)`, insetBlockEnd: `calc(${y}% - 3px)` }}
    >
      <span className={`block ${shapeOf(run)} ${fillOf({ tone: look.tone, pattern })}`} />
    </span>
  );
}

/** Time from left to right; durations by their logarithm, as runs of a second and of an hour stand side by side. */
function place(rows: readonly RunRow[], now: number): { dots: Dot[]; first: number; last: number } {
  const timed = rows.map((run) => {
    const start = Date.parse(run.created_at);
    const end = run.finished_at === null ? Math.max(now, start) : Date.parse(run.finished_at);
    return { run, start, ms: Math.max(1, end - start) };
  });
  const starts = timed.map(({ start }) => start);
  const first = starts.length === 0 ? now : Math.min(...starts);
  const last = starts.length === 0 ? now : Math.max(...starts, first + 1);
  const logs = timed.map(({ ms }) => Math.log10(ms));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const dots = timed.map(({ run, start, ms }) => ({
    run,
    ms,
    x: PAD_PERCENT + ((start - first) / (last - first)) * (100 - 2 * PAD_PERCENT),
    y: high === low ? 50 : 6 + ((Math.log10(ms) - low) / (high - low)) * 86,
  }));
  return { dots, first, last };
}
