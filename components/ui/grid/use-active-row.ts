'use client';

import { type KeyboardEvent, useEffect, useEffectEvent, useState } from 'react';
import type { GridPlace, GridSelection } from './types.ts';

interface Active {
  keys: readonly string[];
  selection: GridSelection | undefined;
  place: GridPlace | undefined;
  /** Rows that a page up or down passes over. */
  pageRows(): number;
  show(index: number): void;
  onOpen(index: number): void;
}

/** Which row the keyboard is on, by key: rows that arrive above it do not move it. */
export function useActiveRow({ keys, selection, place, pageRows, show, onOpen }: Active) {
  const [activeKey, setActiveKey] = useState<string>();
  const [anchorKey, setAnchorKey] = useState<string>();
  const found = activeKey === undefined ? -1 : keys.indexOf(activeKey);

  const point = (key: string) => {
    setActiveKey(key);
    place?.onMove(key);
  };
  const goTo = (index: number) => {
    const next = Math.min(Math.max(index, 0), keys.length - 1);
    const key = keys[next];
    if (key === undefined) return;
    point(key);
    show(next);
  };
  useBegin(place?.begin === undefined ? -1 : keys.indexOf(place.begin), (index) => {
    if (activeKey === undefined) goTo(index);
  });
  const move = (by: number) => goTo(found === -1 ? (by > 0 ? 0 : keys.length - 1) : found + by);
  const toggleAt = (index: number, withRange: boolean) => {
    const key = keys[index];
    if (!selection || key === undefined) return;
    const next = new Set(selection.keys);
    const isOn = !next.has(key);
    const anchor = withRange && anchorKey !== undefined ? keys.indexOf(anchorKey) : -1;
    const [from, to] = anchor === -1 ? [index, index] : [Math.min(anchor, index), Math.max(anchor, index)];
    for (const each of keys.slice(from, to + 1)) {
      if (isOn || anchor !== -1) next.add(each);
      else next.delete(each);
    }
    setAnchorKey(key);
    point(key);
    selection.onChange(next);
  };
  const open = () => {
    if (found !== -1) onOpen(found);
  };
  const toggle = (withRange = false) => toggleAt(found, withRange);

  const steps = new Map<string, () => void>([
    ['ArrowDown', () => move(1)],
    ['j', () => move(1)],
    ['ArrowUp', () => move(-1)],
    ['k', () => move(-1)],
    ['PageDown', () => goTo(Math.max(found, 0) + pageRows())],
    ['PageUp', () => goTo(Math.max(found, 0) - pageRows())],
    ['Home', () => goTo(0)],
    ['End', () => goTo(keys.length - 1)],
    ['Enter', open],
    ['x', () => toggle()],
    ['X', () => toggle(true)],
    [' ', () => toggle()],
  ]);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = steps.get(event.key);
    // A button or a link inside has its own keys.
    const isInside = event.target !== event.currentTarget && (event.key === 'Enter' || event.key === ' ');
    if (!step || isInside || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    // What was clicked in a cell lets go of the keyboard: Enter is for the row from now on.
    event.currentTarget.focus({ preventScroll: true });
    step();
  };
  return { activeIndex: found, point, move, open, toggle, toggleAt, onKeyDown };
}

/** Once, when the row to begin with has come; where it stands later is no reason to go there again. */
function useBegin(index: number, goTo: (index: number) => void): void {
  const isThere = index !== -1;
  const begin = useEffectEvent(() => goTo(index));
  useEffect(() => {
    if (isThere) begin();
  }, [isThere]);
}
