'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useEffectEvent, useRef } from 'react';
import { runWords } from '../run-words.ts';
import type { Run } from '../use-run.ts';
import { LogText } from './log-text.tsx';
import { type LogLine, lineKey, type useLog } from './use-log.ts';

const ROW_PX = 20;
const NEAR_END_ROWS = 100;

interface ListProps {
  run: Run;
  log: ReturnType<typeof useLog>;
  lines: readonly LogLine[];
  isWrapped: boolean;
  isFollowing: boolean;
  /** Somebody scrolled away from the end: it is not run after any more. */
  onLeaveEnd(): void;
}

export function LogList({ run, log, lines, isWrapped, isFollowing, onLeaveEnd }: ListProps) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 30,
    getItemKey: (index) => lineKey(lines[index] as LogLine),
  });
  const items = virtual.getVirtualItems();
  useReading({ last: items.at(-1)?.index ?? 0, count: lines.length, more: log.more });
  const show = useEffectEvent((index: number) =>
    virtual.scrollToIndex(index, { align: index === log.linkedAt ? 'center' : 'end' }),
  );
  useEffect(() => {
    if (log.linkedAt !== -1) show(log.linkedAt);
  }, [log.linkedAt]);
  useEffect(() => {
    if (isFollowing && log.linked === null) show(lines.length - 1);
  }, [isFollowing, lines.length, log.linked]);
  return (
    <section
      ref={scroller}
      aria-label={runWords.logs.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
      tabIndex={0}
      onWheel={(event) => {
        if (event.deltaY < 0 && isFollowing) onLeaveEnd();
      }}
      className="grow basis-0 overflow-auto font-mono text-xs leading-5 focus-visible:-outline-offset-2"
    >
      <ol className="relative min-w-max" style={{ blockSize: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const line = lines[index] as LogLine;
          return (
            <li
              key={key}
              data-index={index}
              ref={isWrapped ? virtual.measureElement : undefined}
              aria-current={index === log.linkedAt ? 'true' : undefined}
              className={`group absolute left-0 top-0 flex min-h-5 gap-3 px-3 hover:bg-hover aria-[current]:bg-accent-soft ${isWrapped ? 'w-[min(100%,calc(100vw-4rem))]' : 'min-w-full'}`}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Line
                line={line}
                stage={run.stages[line.stage]?.name ?? ''}
                isWrapped={isWrapped}
                onLink={() => log.link(line)}
              />
            </li>
          );
        })}
      </ol>
    </section>
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
        title={`${runWords.logs.link} · ${line.timestamp}`}
        onClick={onLink}
        className="shrink-0 tabular-nums text-quiet hover:text-accent"
      >
        {line.timestamp.slice(11, 23)}
      </button>
      <span className="w-12 shrink-0 uppercase text-quiet">{line.level}</span>
      <span className="w-36 shrink-0 truncate text-quiet" title={stage}>
        {stage}
      </span>
      <span className={isWrapped ? 'min-w-0 whitespace-pre-wrap break-words' : 'whitespace-pre'}>
        <LogText level={line.level} text={isWrapped ? line.message : line.message.replaceAll('\n', ' ⏎ ')} />
      </span>
    </>
  );
}

function useReading({ last, count, more }: { last: number; count: number; more(): void }) {
  const isNear = last >= count - NEAR_END_ROWS;
  const read = useEffectEvent(more);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log that has grown is read on if its end is still near
  useEffect(() => {
    if (isNear) read();
  }, [isNear, count]);
}
