'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { type TouchEvent, useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react';
import { useKeys } from '../../../shell/keys/index.ts';
import { formatClock, formatMoment } from '../../../ui/format.ts';
import { runWords } from '../run-words.ts';
import type { Run } from '../use-run.ts';
import { LogText } from './log-text.tsx';
import { type LogLine, lineKey, type Seen, shiftOf } from './pages.ts';
import type { useLog } from './use-log.ts';

const ROW_PX = 20;
const NEAR_ROWS = 100;

interface ListProps {
  run: Run;
  log: ReturnType<typeof useLog>;
  lines: readonly LogLine[];
  isWrapped: boolean;
}

export function LogList({ run, log, lines, isWrapped }: ListProps) {
  const { isFollowing } = log;
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 30,
    getItemKey: (index) => lineKey(lines[index] as LogLine),
  });
  const items = virtual.getVirtualItems();
  const topOf = (index: number) => virtual.measurementsCache[index]?.start;
  const inSight = { first: virtual.range?.startIndex ?? 0, last: items.at(-1)?.index ?? 0 };
  useReading({ ...inSight, lines, log });
  useStillness({ scroller, lines, first: inSight.first, isHeld: !isFollowing, topOf });
  useGoingTo(virtual, log, lines);
  useLinkKeys({ ...inSight, lines, log });
  const touch = useTouchBack(log.leaveEnd);
  return (
    <section
      ref={scroller}
      aria-label={runWords.logs.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
      tabIndex={0}
      onWheel={(event) => {
        if (event.deltaY < 0) log.leaveEnd();
      }}
      onTouchStart={touch.start}
      onTouchMove={touch.move}
      onKeyDown={({ key }) => {
        if (['ArrowUp', 'PageUp', 'Home'].includes(key)) log.leaveEnd();
      }}
      className="grow basis-0 overflow-auto font-mono text-xs leading-5 focus-visible:-outline-offset-2"
    >
      <Linked line={lines[log.linkedAt]} />
      <ol className="relative min-w-max" style={{ blockSize: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const line = lines[index] as LogLine;
          return (
            <li
              key={key}
              data-index={index}
              ref={isWrapped ? virtual.measureElement : undefined}
              aria-current={index === log.linkedAt ? 'true' : undefined}
              className={`group absolute left-0 top-0 flex min-h-5 items-start gap-3 px-3 max-md:gap-2 hover:bg-hover aria-[current]:bg-accent-soft ${isWrapped ? 'w-[min(100%,calc(100vw-4rem))]' : 'min-w-full'}`}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Line
                line={line}
                stage={run.stages[line.stage]?.name ?? ''}
                isWrapped={isWrapped}
                onLink={() => {
                  log.leaveEnd();
                  log.link(line);
                }}
              />
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Which line the address leads to, for those who hear the page. */
function Linked({ line }: { line: LogLine | undefined }) {
  return (
    <p role="status" className="sr-only">
      {line ? runWords.logs.linked(line.level, line.message) : ''}
    </p>
  );
}

function Line({
  line,
  stage,
  isWrapped,
  onLink,
}: {
  line: LogLine;
  stage: string;
  isWrapped: boolean;
  onLink(): void;
}) {
  return (
    <>
      <button
        type="button"
        tabIndex={-1}
        title={`${runWords.logs.link} · ${formatMoment(line.timestamp)}`}
        onClick={onLink}
        // Lines are too low for a finger, which would link to one while it pulls the text.
        className="h-5 shrink-0 pointer-coarse:pointer-events-none tabular-nums text-quiet hover:text-accent max-md:flex max-md:h-auto max-md:items-start max-md:self-stretch"
      >
        {formatClock(line.timestamp)}
      </button>
      <span className="w-12 shrink-0 uppercase text-quiet max-md:w-9">{line.level}</span>
      <span className="w-36 shrink-0 truncate text-quiet max-md:hidden" title={stage}>
        {stage}
      </span>
      <span className={isWrapped ? 'min-w-0 whitespace-pre-wrap break-words' : 'whitespace-pre'}>
        <LogText level={line.level} text={isWrapped ? line.message : line.message.replaceAll('\n', ' ⏎ ')} />
      </span>
    </>
  );
}

/** What a click on a line's time does: from the first line in sight, then on from the one that is linked to while that is in sight. */
function useLinkKeys({
  first,
  last,
  lines,
  log,
}: {
  first: number;
  last: number;
  lines: readonly LogLine[];
  log: ReturnType<typeof useLog>;
}) {
  const step = (by: 1 | -1) => {
    const isInSight = log.linkedAt >= first && log.linkedAt <= last;
    const line = lines[isInSight ? log.linkedAt + by : first];
    if (line === undefined) return;
    log.leaveEnd();
    log.link(line);
  };
  useKeys(runWords.title, [
    { keys: 'l', label: runWords.keys.linkNext, run: () => step(1) },
    { keys: 'shift+l', label: runWords.keys.linkBefore, run: () => step(-1) },
  ]);
}

/** To the line that is linked to, and to the end as long as it is followed. */
function useGoingTo(
  virtual: Pick<ReturnType<typeof useVirtualizer>, 'scrollToIndex'>,
  { linkedAt, isFollowing }: ReturnType<typeof useLog>,
  lines: readonly LogLine[],
) {
  const show = useEffectEvent((index: number) =>
    virtual.scrollToIndex(index, { align: index === linkedAt ? 'center' : 'end' }),
  );
  useEffect(() => {
    if (linkedAt !== -1) show(linkedAt);
  }, [linkedAt]);
  useEffect(() => {
    if (isFollowing) show(lines.length - 1);
  }, [isFollowing, lines]);
}

/** A finger that pulls the text down wants to see what was before. */
function useTouchBack(leaveEnd: () => void) {
  const from = useRef(0);
  return {
    start: ({ touches }: TouchEvent) => {
      from.current = touches[0]?.clientY ?? 0;
    },
    move: ({ touches }: TouchEvent) => {
      if ((touches[0]?.clientY ?? 0) > from.current) leaveEnd();
    },
  };
}

interface Reading {
  first: number;
  last: number;
  lines: readonly LogLine[];
  log: Pick<ReturnType<typeof useLog>, 'more' | 'back'>;
}

/** Reads on before somebody comes to either end of what is held. */
function useReading({ first, last, lines, log }: Reading) {
  const isNearEnd = last >= lines.length - NEAR_ROWS;
  const isNearStart = first <= NEAR_ROWS;
  const more = useEffectEvent(log.more);
  const back = useEffectEvent(log.back);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log that has grown is read on if its end is still near
  useEffect(() => {
    if (isNearEnd) more();
  }, [isNearEnd, lines]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same at the other end
  useEffect(() => {
    if (isNearStart) back();
  }, [isNearStart, lines]);
}

/** What is read stays where it is when lines come or go above it. */
function useStillness({
  scroller,
  lines,
  first,
  isHeld,
  topOf,
}: {
  scroller: React.RefObject<HTMLElement | null>;
  lines: readonly LogLine[];
  first: number;
  isHeld: boolean;
  /** How far down a line lies. */
  topOf(index: number): number | undefined;
}) {
  const seen = useRef<Seen>(undefined);
  const before = useRef(lines);
  // Each time that it is drawn: what is in sight, and how far down, moves also while the lines stay the same.
  useLayoutEffect(() => {
    const shift = isHeld && before.current !== lines ? shiftOf(seen.current, lines, topOf) : 0;
    before.current = lines;
    if (shift !== 0 && seen.current) {
      scroller.current?.scrollBy({ top: shift, behavior: 'instant' });
      // It is in sight still; what `first` says is of before.
      seen.current = { ...seen.current, px: seen.current.px + shift };
      return;
    }
    const [line, px] = [lines[first], topOf(first)];
    seen.current = line && px !== undefined ? { key: lineKey(line), px } : undefined;
  });
}
