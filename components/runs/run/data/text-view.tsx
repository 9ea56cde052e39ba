'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { runWords } from '../run-words.ts';
import type { LineSource } from './line-source.ts';

const ROW_PX = 20;
const WINDOW_ROWS = 200;

/** Text that somebody else wrote, of any length, as it is. */
export function TextView({ label, source }: { label: string; source: LineSource }) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: source.rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 20,
  });
  const items = virtual.getVirtualItems();
  const lines = useWindow(source, Math.floor((items[0]?.index ?? 0) / WINDOW_ROWS));
  return (
    <div>
      <section
        ref={scroller}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
        tabIndex={0}
        className="max-h-96 overflow-auto rounded-md border border-line bg-sunken focus-visible:-outline-offset-2"
      >
        <pre className="relative font-mono text-xs leading-5" style={{ blockSize: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => (
            <span
              key={index}
              className="absolute left-0 top-0 block min-w-full px-3"
              style={{ transform: `translateY(${start}px)`, blockSize: ROW_PX }}
            >
              {lines.get(index) ?? ''}
            </span>
          ))}
        </pre>
      </section>
      <p className="mt-1 text-right text-xs tabular-nums text-quiet">{runWords.data.lines(source.rows)}</p>
    </div>
  );
}

/** The rows around those in sight; a window before and after, so that scrolling finds them there. */
function useWindow(source: LineSource, place: number): ReadonlyMap<number, string> {
  const [lines, setLines] = useState<ReadonlyMap<number, string>>(new Map());
  useEffect(() => {
    let isGone = false;
    const from = Math.max(0, (place - 1) * WINDOW_ROWS);
    void Promise.resolve(source.read(from, (place + 2) * WINDOW_ROWS)).then((read) => {
      if (!isGone) setLines(new Map(read.map((line, at) => [from + at, line])));
    });
    return () => {
      isGone = true;
    };
  }, [source, place]);
  return lines;
}
