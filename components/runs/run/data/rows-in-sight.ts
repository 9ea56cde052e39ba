/** No browser makes a box much taller than twice this. */
const TALLEST_PX = 10_000_000;

interface Scrolled {
  scrollTop: number;
  heightPx: number;
  rows: number;
  rowPx: number;
  /** Rows before and after those in sight. */
  around: number;
}

export interface InSight {
  from: number;
  to: number;
  /** How tall the box is that is scrolled. */
  totalPx: number;
  /** Where a row lies in it. */
  topOf(row: number): number;
}

/**
 * Which rows are drawn where, reckoned and not looked up: a text may have millions. Of one that is taller than a box
 * can be, a step of the scroll bar is several of the text.
 */
export function rowsInSight({ scrollTop, heightPx, rows, rowPx, around }: Scrolled): InSight {
  const wholePx = rows * rowPx;
  const totalPx = Math.min(wholePx, TALLEST_PX);
  const steps = totalPx === wholePx ? 1 : (wholePx - heightPx) / (totalPx - heightPx);
  const at = scrollTop * steps;
  return {
    from: Math.max(0, Math.floor(at / rowPx) - around),
    to: Math.min(rows, Math.ceil((at + heightPx) / rowPx) + around),
    totalPx,
    topOf: (row) => row * rowPx - at + scrollTop,
  };
}
