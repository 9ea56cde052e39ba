'use client';

import { type RefObject, useEffect, useEffectEvent, useId, useImperativeHandle } from 'react';
import type { DataGridProps } from './types.ts';
import { useActiveRow } from './use-active-row.ts';

const GHOSTS_AT_FIRST = 12;
const GHOSTS_AT_END = 3;
const NEAR_END_ROWS = 15;

/** What the two ways of drawing a list draw: its rows, and those that are still to come. */
export function listOf<Row>({ rows, keyOf, hasMore = false }: DataGridProps<Row>) {
  const keys = rows?.map(keyOf) ?? [];
  const ghosts = rows === undefined ? GHOSTS_AT_FIRST : hasMore ? GHOSTS_AT_END : 0;
  return {
    keys,
    count: keys.length + ghosts,
    isEmpty: rows?.length === 0 && !hasMore,
    keyAt: (index: number) => keys[index] ?? `ghost-${index}`,
  };
}

interface Drawn {
  keys: readonly string[];
  /** What has the focus. */
  box: RefObject<HTMLDivElement | null>;
  /** Index of the last one that is drawn. */
  last: number;
  /** Rows that a page up or down passes over. */
  pageRows(): number;
  show(index: number): void;
}

/** Where the keyboard is, for the list itself and for the page around it; and more is asked for near the end. */
export function useGrid<Row>(props: DataGridProps<Row>, { keys, box, last, pageRows, show }: Drawn) {
  const { rows, selection, hasMore = false } = props;
  const id = useId();
  const active = useActiveRow({
    ...{ keys, selection, place: props.place, pageRows, show },
    onOpen(index) {
      const row = rows?.[index];
      if (row !== undefined) props.onOpen?.(row);
    },
  });
  useImperativeHandle(props.ref, () => ({
    move(by) {
      // From a button that was used before: Enter is for the row from now on.
      box.current?.focus({ preventScroll: true });
      active.move(by);
    },
    open: active.open,
    toggle: active.toggle,
    focus: () => box.current?.focus(),
  }));
  useNearEnd({ last, count: keys.length, hasMore, onEnd: props.onEnd });
  const label = {
    role: 'grid',
    'aria-label': props.label,
    'aria-busy': rows === undefined,
    'aria-rowcount': hasMore ? -1 : keys.length + 1,
    'aria-multiselectable': selection ? true : undefined,
    'aria-activedescendant': active.activeIndex === -1 ? undefined : `${id}-${active.activeIndex}`,
    tabIndex: 0,
    onKeyDown: active.onKeyDown,
  } as const;
  return { active, label, rowId: (index: number) => `${id}-${index}` };
}

/** What a row is told, however it is drawn. */
export function rowProps<Row>(
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
    onPoint: () => active.point(key),
    onOpen: onOpen && (() => onOpen(row)),
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
