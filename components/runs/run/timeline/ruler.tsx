'use client';

import { type PointerEvent, type Ref, useState } from 'react';
import { formatRound } from '../../../ui/format.ts';
import { runWords } from '../run-words.ts';
import { type Scale, type Stretch, sideOf, ticksOf } from './scale.ts';

/** The columns of every row: names, and the lane of time. */
export const LANES = 'grid grid-cols-[minmax(8rem,40%)_1fr] md:grid-cols-[20rem_1fr]';

const MARKS = { wide: 8, narrow: 2 } as const;

/** Of the lane: after it a label would be cut, and stands before its mark. */
const ROOM = { wide: 0.93, narrow: 0.75 } as const;

/** Time since the start of the run. Dragging over it looks closer. */
export function Ruler({
  lane,
  scale,
  window,
  origin,
  isNarrow,
  onZoom,
}: {
  /** The width that time has, on the ruler and in each row. */
  lane: Ref<HTMLDivElement>;
  scale: Scale;
  window: Stretch;
  origin: number;
  /** On a phone. */
  isNarrow: boolean;
  onZoom(stretch: Stretch): void;
}) {
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const shareAt = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  const finish = () => {
    setDrag(undefined);
    if (!drag || Math.abs(drag.to - drag.from) < 0.01) return;
    onZoom({
      from: scale.timeAt(Math.min(drag.from, drag.to)),
      to: scale.timeAt(Math.max(drag.from, drag.to)),
    });
  };
  return (
    <div className={`${LANES} h-7 border-b border-line text-2xs text-quiet`}>
      <span className="self-center truncate px-4 group-data-opens/timeline:pl-7">{runWords.stage}</span>
      <div
        ref={lane}
        title={runWords.dragToZoom}
        className="relative mr-4 cursor-crosshair touch-none select-none overflow-hidden"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: shareAt(event), to: shareAt(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: shareAt(event) })}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
      >
        {drag ? (
          <span
            aria-hidden
            className="absolute inset-y-0 bg-accent-soft"
            style={{
              insetInlineStart: `${Math.min(drag.from, drag.to) * 100}%`,
              inlineSize: `${Math.abs(drag.to - drag.from) * 100}%`,
            }}
          />
        ) : null}
        {ticksOf(scale, { ...window, origin, most: isNarrow ? MARKS.narrow : MARKS.wide }).map(
          ({ at, ms }, place, all) => (
            <Mark
              key={ms}
              at={at}
              side={sideOf(at, all[place - 1]?.at, isNarrow ? ROOM.narrow : ROOM.wide)}
              text={ms === 0 ? '0' : formatRound(ms)}
            />
          ),
        )}
      </div>
    </div>
  );
}

function Mark({ at, side, text }: { at: number; side: ReturnType<typeof sideOf>; text: string }) {
  const isBefore = side === 'before';
  return (
    <span
      className={`absolute inset-y-0 flex items-center whitespace-nowrap border-line tabular-nums ${isBefore ? 'border-r pr-1' : 'border-l pl-1'}`}
      style={isBefore ? { insetInlineEnd: `${(1 - at) * 100}%` } : { insetInlineStart: `${at * 100}%` }}
    >
      {side === 'none' ? '' : text}
    </span>
  );
}
