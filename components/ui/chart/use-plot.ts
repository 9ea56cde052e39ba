'use client';

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import type { ChartProps } from './types.ts';

/** Where in the plot somebody is, and what they have drawn over: places of stretches. */
export interface PlotState {
  at: number | undefined;
  chosen: { first: number; last: number } | undefined;
}

const NOWHERE: PlotState = { at: undefined, chosen: undefined };
const MOVES: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };

/** Pointer and keys of a plot: what is pointed at, what is drawn over, and what comes of it. */
export function usePlot({ stretches, onOpen, onZoom }: Pick<ChartProps, 'stretches' | 'onOpen' | 'onZoom'>) {
  const [state, setState] = useState<PlotState>(NOWHERE);
  const start = useRef<number | undefined>(undefined);
  const last = stretches.length - 1;
  const clamp = (place: number) => Math.min(Math.max(place, 0), last);

  const placeOf = (event: PointerEvent<HTMLElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return clamp(Math.floor(((event.clientX - left) / width) * stretches.length));
  };
  const spanTo = (place: number) =>
    start.current === undefined
      ? undefined
      : { first: Math.min(start.current, place), last: Math.max(start.current, place) };
  const finish = (chosen: PlotState['chosen'], place: number) => {
    start.current = undefined;
    setState({ at: place, chosen: undefined });
    const [from, to] = [stretches[chosen?.first ?? place], stretches[chosen?.last ?? place]];
    if (!from || !to) return;
    if (chosen && chosen.first < chosen.last) onZoom?.({ from: from.from, to: to.to });
    else onOpen?.(from);
  };

  return {
    state,
    pointer: {
      onPointerDown(event: PointerEvent<HTMLElement>) {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = placeOf(event);
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        const place = placeOf(event);
        setState({ at: place, chosen: spanTo(place) });
      },
      onPointerUp(event: PointerEvent<HTMLElement>) {
        if (start.current !== undefined) finish(spanTo(placeOf(event)), placeOf(event));
      },
      onPointerLeave() {
        if (start.current === undefined) setState(NOWHERE);
      },
      onPointerCancel() {
        start.current = undefined;
        setState(NOWHERE);
      },
    },
    keys: {
      onFocus: () => setState(({ at }) => ({ at: at ?? last, chosen: undefined })),
      onBlur() {
        start.current = undefined;
        setState(NOWHERE);
      },
      onKeyDown(event: KeyboardEvent) {
        const at = state.at ?? last;
        if (event.key === 'Enter') finish(state.chosen, at);
        else if (event.key === 'Escape') {
          start.current = undefined;
          setState({ at, chosen: undefined });
        } else {
          const ends: Record<string, number> = { Home: 0, End: last };
          const move = MOVES[event.key];
          const place = ends[event.key] ?? (move === undefined ? undefined : clamp(at + move));
          if (place === undefined) return;
          start.current = event.shiftKey ? (start.current ?? at) : undefined;
          setState({ at: place, chosen: spanTo(place) });
        }
        event.preventDefault();
      },
    },
  };
}

/** As wide as there is room for; a guess until that is known. */
export function useWidth(guess: number) {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(guess);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth || guess));
    observer.observe(element);
    return () => observer.disconnect();
  }, [guess]);
  return { ref, width };
}
