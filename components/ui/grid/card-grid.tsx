'use client';

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { RowCard } from '../row-card.tsx';
import { GridTools } from './grid-head.tsx';
import { GRID_FOCUS, type RowProps, RowShell, TickCell } from './grid-row.tsx';
import type { DataGridProps } from './types.ts';
import { listOf, rowProps, useGrid } from './use-grid.ts';

const CARD_PX = 72;

/** On a phone: cards as high as they need, in a page that scrolls and not in a box of it. */
export function CardGrid<Row>(props: DataGridProps<Row>) {
  const { columns, rows, selection } = props;
  const [box, cards] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)];
  const { keys, count, isEmpty, keyAt } = listOf(props);
  const top = useTop(cards);
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => CARD_PX,
    overscan: 6,
    scrollMargin: top,
    getItemKey: keyAt,
  });
  const { active, label, rowId } = useGrid(props, {
    keys,
    box,
    last: virtual.getVirtualItems().at(-1)?.index ?? 0,
    pageRows: () => Math.max(1, Math.floor(window.innerHeight / CARD_PX) - 2),
    show: (index) => virtual.scrollToIndex(index),
  });
  return (
    <div ref={box} {...label} className={`relative ${GRID_FOCUS}`}>
      <GridTools {...{ columns, keys, selection, sort: props.sort, onSort: props.onSort }} />
      <div
        ref={cards}
        role={isEmpty ? 'presentation' : 'rowgroup'}
        className="relative"
        style={{ blockSize: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <div
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            role="presentation"
            className="absolute inset-x-0 top-0"
            style={{ transform: `translateY(${start - top}px)` }}
          >
            {rows && index < rows.length ? (
              <CardRow {...rowProps(props, index, active)} id={rowId(index)} />
            ) : (
              <CardGhost at={index} />
            )}
          </div>
        ))}
      </div>
      {isEmpty ? (
        <div role="row" className="block">
          <div role="gridcell">{props.empty}</div>
        </div>
      ) : null}
    </div>
  );
}

/** How far below the top of the page it begins: what stands above it comes and goes. */
function useTop(box: RefObject<HTMLDivElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (box.current) setTop(Math.round(box.current.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [box]);
  return top;
}

function CardRow<Row>(props: RowProps<Row>) {
  const { row, columns, tick } = props;
  return (
    <RowShell {...props} shape="flex items-start gap-3 px-4 py-2.5">
      {tick ? <TickCell tick={tick} shape="flex h-8 pointer-coarse:h-9 shrink-0 items-center" /> : null}
      <RowCard row={row} columns={columns} cellRole="gridcell" />
    </RowShell>
  );
}

function CardGhost({ at }: { at: number }) {
  return (
    <div aria-hidden className="flex h-18 flex-col justify-center gap-2.5 border-b border-line px-4">
      <span
        className="h-3.5 rounded-sm bg-sunken motion-safe:animate-pulse"
        style={{ inlineSize: `${70 - ((at * 17) % 30)}%` }}
      />
      <span
        className="h-3 rounded-sm bg-sunken motion-safe:animate-pulse"
        style={{ inlineSize: `${50 - ((at * 11) % 20)}%` }}
      />
    </div>
  );
}
