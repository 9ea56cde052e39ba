'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type ReactNode,
  type Ref,
  useEffect,
  useEffectEvent,
  useId,
  useImperativeHandle,
  useRef,
} from 'react';
import { GridHead } from './grid-head.tsx';
import { GridGhost, GridRow } from './grid-row.tsx';
import type { GridColumn, GridHandle, GridSelection, GridSort } from './types.ts';
import { useActiveRow } from './use-active-row.ts';

export interface DataGridProps<Row> {
  label: string;
  columns: readonly GridColumn<Row>[];
  /** Undefined while the first page is loading. */
  rows: readonly Row[] | undefined;
  keyOf(row: Row): string;
  onOpen?(row: Row): void;
  selection?: GridSelection;
  sort?: GridSort | undefined;
  onSort?(sort: GridSort): void;
  /** There is more behind the last row; `onEnd` is called when that comes near. */
  hasMore?: boolean;
  onEnd?(): void;
  /** Rows to point out, such as those that have just come. */
  newKeys?: ReadonlySet<string>;
  /** Stands where rows would, when there are none. */
  empty?: ReactNode;
  rowPx?: number;
  /** Takes all the height that its column has left; otherwise as much as it needs, up to most of the window. */
  fill?: boolean;
  ref?: Ref<GridHandle>;
}

const HEAD_PX = 32;
const GHOSTS_AT_FIRST = 12;
const GHOSTS_AT_END = 3;
const NEAR_END_ROWS = 15;

/**
 * A long list of things in columns. Only the rows in sight are drawn, so a hundred thousand cost what thirty do. It is
 * one stop of the tab key: inside, J and K or the arrows move, Enter opens, X ticks, Shift ticks up to there.
 *
 * It is built of plain elements with roles, because a table element cannot be drawn in part: the lint rules that ask
 * for one are off in this folder.
 */
export function DataGrid<Row>(props: DataGridProps<Row>) {
  const { label, columns, rows, selection, hasMore = false, fill = false } = props;
  const { scroller, id, keys, virtual, active } = useGrid(props);
  const isEmpty = rows?.length === 0 && !hasMore;
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-busy={rows === undefined}
      aria-rowcount={hasMore ? -1 : keys.length + 1}
      aria-multiselectable={selection ? true : undefined}
      aria-activedescendant={active.activeIndex === -1 ? undefined : `${id}-${active.activeIndex}`}
      tabIndex={0}
      onKeyDown={active.onKeyDown}
      className={`relative overflow-auto outline-none focus-visible:shadow-[inset_0_0_0_2px_var(--accent)] print:max-h-none ${fill ? 'min-h-72 grow basis-0 max-md:max-h-[75dvh]' : 'max-h-[75dvh]'}`}
      style={tracksOf(props)}
    >
      <div role="presentation" className="w-full min-w-max">
        <GridHead {...{ columns, keys, selection, sort: props.sort, onSort: props.onSort }} />
        {isEmpty ? null : (
          <div role="rowgroup" className="relative" style={{ blockSize: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, key, start, size }) => {
              const place = { transform: `translateY(${start}px)`, blockSize: size };
              return (
                <div key={key} role="presentation" className="absolute inset-x-0 top-0" style={place}>
                  {rows && index < rows.length ? (
                    <GridRow {...rowProps(props, index, active)} id={`${id}-${index}`} />
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

function useGrid<Row>(props: DataGridProps<Row>) {
  const { rows, keyOf, selection, hasMore = false, rowPx = 36 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const keys = rows?.map(keyOf) ?? [];
  const ghosts = rows === undefined ? GHOSTS_AT_FIRST : hasMore ? GHOSTS_AT_END : 0;
  const virtual = useVirtualizer({
    count: keys.length + ghosts,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 8,
    // The head lies over the first row.
    scrollPaddingStart: HEAD_PX,
    getItemKey: (index) => keys[index] ?? `ghost ${index}`,
  });
  const active = useActiveRow({
    keys,
    selection,
    pageRows: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2),
    show: (index) => virtual.scrollToIndex(index),
    onOpen: (index) => openAt(props, index),
  });
  useImperativeHandle(props.ref, () => ({
    move: active.move,
    open: active.open,
    toggle: active.toggle,
    focus: () => scroller.current?.focus(),
  }));
  const last = virtual.getVirtualItems().at(-1)?.index ?? 0;
  useNearEnd({ last, count: keys.length, hasMore, onEnd: props.onEnd });
  return { scroller, id, keys, virtual, active };
}

const openAt = <Row,>({ rows, onOpen }: DataGridProps<Row>, index: number) => {
  const row = rows?.[index];
  if (row !== undefined) onOpen?.(row);
};

function tracksOf<Row>({ columns, selection }: DataGridProps<Row>): CSSProperties {
  const join = (shown: readonly GridColumn<Row>[]) =>
    [...(selection ? ['2.5rem'] : []), ...shown.map(({ width }) => width)].join(' ');
  return {
    '--grid-tracks': join(columns),
    '--grid-narrow': join(columns.filter(({ wideOnly }) => !wideOnly)),
  } as CSSProperties;
}

function rowProps<Row>(
  { rows, keyOf, columns, selection, newKeys, onOpen }: DataGridProps<Row>,
  index: number,
  active: ReturnType<typeof useActiveRow>,
) {
  const row = rows?.[index] as Row;
  const key = keyOf(row);
  return {
    row,
    columns,
    position: index + 2,
    isActive: index === active.activeIndex,
    isNew: newKeys?.has(key) ?? false,
    onPoint: () => active.setActiveKey(key),
    onOpen: () => onOpen?.(row),
    tick: selection && {
      checked: selection.keys.has(key),
      label: selection.labelOf(key),
      onTick: (withRange: boolean) => active.toggleAt(index, withRange),
    },
  };
}

/** Asks for more once for each length that the list has had. */
function useNearEnd(place: {
  last: number;
  count: number;
  hasMore: boolean;
  onEnd: (() => void) | undefined;
}) {
  const { last, count, hasMore, onEnd } = place;
  const isNear = hasMore && last >= count - NEAR_END_ROWS;
  const ask = useEffectEvent(() => onEnd?.());
  // biome-ignore lint/correctness/useExhaustiveDependencies: a list that has grown is asked for again if its end is still near
  useEffect(() => {
    if (isNear) ask();
  }, [isNear, count]);
}
