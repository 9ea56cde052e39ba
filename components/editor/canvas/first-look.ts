import type { Rect, Viewport } from '@xyflow/react';

interface Size {
  width: number;
  height: number;
}

export interface Look {
  /** Around all that is drawn. */
  box: Rect;
  window: Size;
  count: number;
  /** What to begin with, where not all of it can be read at once. */
  begin?: Rect | undefined;
}

/** Of very many stages all are shown, however small: nobody reads forty names at once. */
const FEW_NODES = 40;
/** Below it names are a strain to read. */
const READABLE_ZOOM = 0.7;
const CLOSE_ZOOM = 0.8;
const MARGIN_SHARE = 0.08;

/**
 * Where to look first: at all of it, as long as it can be read. What is too large for that begins with its start, or
 * with what somebody is looking for, at a size that can be read.
 */
export function firstLook({ box, window, count, begin }: Look): Viewport {
  const fitting = fitZoom(box, window);
  const isMany = count > FEW_NODES;
  if (fitting >= READABLE_ZOOM || (isMany && begin === undefined)) return centred(box, window, fitting);
  const zoom = isMany ? CLOSE_ZOOM : READABLE_ZOOM;
  return {
    zoom,
    x: along({ from: box.x, length: box.width, window: window.width, zoom, at: begin && middleX(begin) }),
    y: along({ from: box.y, length: box.height, window: window.height, zoom, at: begin && middleY(begin) }),
  };
}

const middleX = ({ x, width }: Rect): number => x + width / 2;
const middleY = ({ y, height }: Rect): number => y + height / 2;

function fitZoom(box: Rect, window: Size): number {
  const room = 1 - 2 * MARGIN_SHARE;
  const zoom = Math.min(
    (window.width * room) / Math.max(box.width, 1),
    (window.height * room) / Math.max(box.height, 1),
  );
  return Math.min(Math.max(zoom, 0.05), 1);
}

const centred = (box: Rect, window: Size, zoom: number): Viewport => ({
  zoom,
  x: window.width / 2 - middleX(box) * zoom,
  y: window.height / 2 - middleY(box) * zoom,
});

interface Axis {
  from: number;
  length: number;
  window: number;
  zoom: number;
  /** What is to be in the middle; the start, where nothing is. */
  at: number | undefined;
}

/** In the middle where all of it has room, be it without the margins; else never farther than to its ends. */
function along({ from, length, window, zoom, at }: Axis): number {
  const margin = window * MARGIN_SHARE;
  if (length * zoom <= window) return window / 2 - (from + length / 2) * zoom;
  const start = margin - from * zoom;
  if (at === undefined) return start;
  const end = window - margin - (from + length) * zoom;
  return Math.min(Math.max(window / 2 - at * zoom, end), start);
}
