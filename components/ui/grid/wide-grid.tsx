'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, useRef } from 'react';
import { GridHead } from './grid-head.tsx';
import { GRID_FOCUS, GridGhost, GridRow } from './grid-row.tsx';
import type { DataGridProps } from './types.ts';
import { listOf, rowProps, useGrid } from './use-grid.ts';

const HEAD_PX = 32;
/** In a low window the page scrolls, and not a slit of the list. */
const LEAST_PX = 288;

/** In columns, under a head that stays. */
export function WideGrid<Row>(props: DataGridProps<Row>) {
  const { columns, rows, selection, fill = false, rowPx = 36 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { keys, count, isEmpty, keyAt } = listOf(props);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 8,
    // The head lies over the first row.
    scrollPaddingStart: HEAD_PX,
    getItemKey: keyAt,
  });
  const { active, label, rowId } = useGrid(props, {
    keys,
    box: scroller,
    last: virtual.getVirtualItems().at(-1)?.index ?? 0,
    pageRows: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2),
    show: (index) => virtual.scrollToIndex(index),
  });
  return (
    <div
      ref={scroller}
      {...label}
      className={`relative overflow-auto ${GRID_FOCUS} print:max-h-none ${fill ? 'shrink-[9999]' : 'max-h-[75dvh]'}`}
      style={{
        ...tracksOf(props),
        minBlockSize: fill ? Math.min(LEAST_PX, HEAD_PX + virtual.getTotalSize()) : undefined,
      }}
    >
      <div role="presentation" className="w-full min-w-max">
        <div role="presentation" className={props.headHidden ? 'sr-only' : 'contents'}>
          <GridHead {...{ columns, keys, selection, sort: props.sort, onSort: props.onSort }} />
        </div>
        {isEmpty ? null : (
          <div role="rowgroup" className="relative" style={{ blockSize: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, key, start, size }) => {
              const place = { transform: `translateY(${start}px)`, blockSize: size };
              return (
                <div key={key} role="presentation" className="absolute inset-x-0 top-0" style={place}>
                  {rows && index < rows.length ? (
                    <GridRow {...rowProps(props, index, active)} id={rowId(index)} />
                  ) : (
                    <GridGhost columns={columns.length + (selection ? 1 : 0)} at={index} />
                  )}
                </div>
              );
            })}
          </div>
        )}
      </div>
      {isEmpty ? (
        <div role="row" className="block">
          <div role="gridcell">{props.empty}</div>
        </div>
      ) : null}
    </div>
  );
}

function tracksOf<Row>({ columns, selection }: DataGridProps<Row>): CSSProperties {
  const tracks = [...(selection ? ['2.5rem'] : []), ...columns.map(({ width }) => width)];
  return { '--grid-tracks': tracks.join(' ') } as CSSProperties;
}
