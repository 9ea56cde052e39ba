import type { Edit } from '../changes.ts';
import type { EditorDocument, Point } from '../document.ts';
import { edits } from '../words.ts';
import { moveItems } from './stages.ts';

/** Something on the canvas with its place and size. */
export interface Box extends Point {
  id: string;
  width: number;
  height: number;
}

export const ALIGNMENTS = ['left', 'center', 'right', 'top', 'middle', 'bottom'] as const;
export type Alignment = (typeof ALIGNMENTS)[number];

export function align(document: EditorDocument, boxes: readonly Box[], how: Alignment): Edit {
  const left = Math.min(...boxes.map(({ x }) => x));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const top = Math.min(...boxes.map(({ y }) => y));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const place = ({ x, y, width, height }: Box): Point => {
    switch (how) {
      case 'left':
        return { x: left, y };
      case 'center':
        return { x: (left + right - width) / 2, y };
      case 'right':
        return { x: right - width, y };
      case 'top':
        return { x, y: top };
      case 'middle':
        return { x, y: (top + bottom - height) / 2 };
      case 'bottom':
        return { x, y: bottom - height };
    }
  };
  return moveItems(document, new Map(boxes.map((box) => [box.id, place(box)])), { label: edits.align[how] });
}

/** The same gap between neighbours; the outermost stay. */
export function distribute(document: EditorDocument, boxes: readonly Box[], axis: 'across' | 'down'): Edit {
  const [from, size] = axis === 'across' ? (['x', 'width'] as const) : (['y', 'height'] as const);
  const sorted = [...boxes].sort((a, b) => a[from] - b[from]);
  const [first] = sorted;
  const last = sorted.at(-1);
  const places = new Map<string, Point>();
  if (first && last && sorted.length > 2) {
    const room = last[from] + last[size] - first[from];
    const taken = sorted.reduce((sum, box) => sum + box[size], 0);
    const gap = (room - taken) / (sorted.length - 1);
    let next = first[from];
    for (const { id, x, y, [size]: extent } of sorted) {
      places.set(id, axis === 'across' ? { x: next, y } : { x, y: next });
      next += extent + gap;
    }
  }
  return moveItems(document, places, { label: edits.distribute });
}
