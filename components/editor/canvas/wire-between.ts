import type { Point } from '../model/document.ts';

/** How far a wire leaves its stage before it turns, for each unit of the way to the next one. */
const REACH = 0.5;
/** What goes back does so in an arc, flatter the farther it goes. */
const BACK_REACH = 6.25;

/** A wire as the canvas draws it, from the right side of one stage to the left side of another, and its middle. */
export function wireBetween(from: Point, to: Point): { path: string; middle: Point } {
  const along = to.x - from.x;
  const reach = along >= 0 ? REACH * along : BACK_REACH * Math.sqrt(-along);
  const [out, back] = [from.x + reach, to.x - reach];
  return {
    path: `M${from.x},${from.y} C${out},${from.y} ${back},${to.y} ${to.x},${to.y}`,
    // Half of the way along the curve.
    middle: { x: (from.x + 3 * (out + back) + to.x) / 8, y: (from.y + to.y) / 2 },
  };
}
