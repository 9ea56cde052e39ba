'use client';

import { useEffect, useState } from 'react';
import { runWords } from '../run-words.ts';
import type { LineSource } from './line-source.ts';
import { rowsInSight } from './rows-in-sight.ts';

const ROW_PX = 20;
const WINDOW_ROWS = 200;
/** As tall as it can become. */
const TALL_PX = 384;

/** Text that somebody else wrote, of any length, as it is. */
export function TextView({ label, source }: { label: string; source: LineSource }) {
  const [scroll, setScroll] = useState({ scrollTop: 0, heightPx: TALL_PX });
  const sight = rowsInSight({ ...scroll, rows: source.rows, rowPx: ROW_PX, around: 20 });
  const lines = useWindow(source, Math.floor(sight.from / WINDOW_ROWS));
  const drawn = Array.from({ length: Math.max(0, sight.to - sight.from) }, (_, at) => sight.from + at);
  return (
    <div>
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight } }) =>
          setScroll({ scrollTop, heightPx: clientHeight })
        }
        className="max-h-96 overflow-auto rounded-md py-2 border border-line bg-sunken focus-visible:-outline-offset-2"
      >
        <pre className="relative font-mono text-xs leading-5" style={{ blockSize: sight.totalPx }}>
          {drawn.map((row) => (
            <span
              key={row}
              className="absolute left-0 top-0 block min-w-full px-3"
              style={{ transform: `translateY(${sight.topOf(row)}px)`, blockSize: ROW_PX }}
            >
              {lines.get(row) ?? ''}
            </span>
          ))}
        </pre>
      </section>
      <p className="mt-1 text-right text-xs tabular-nums text-quiet">{runWords.data.lines(source.lines)}</p>
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
