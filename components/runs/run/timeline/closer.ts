import type { Stretch } from './scale.ts';

/** What part of a run is in sight, of all that there is. */
interface Sight {
  window: Stretch;
  whole: Stretch;
}

/** Closer (below 1) or farther (above): the moment under the pointer stays where it is. Null: all of it. */
export function zoomAt(
  { window, whole }: Sight,
  { moment, share, factor }: { moment: number; share: number; factor: number },
): Stretch | null {
  const length = (window.to - window.from) * factor;
  if (length >= whole.to - whole.from) return null;
  return within(whole, moment - share * length, length);
}

/** As much as was in sight, up to where the run is now. */
export function followed({ window, whole }: Sight): Stretch {
  return within(whole, whole.to, Math.min(window.to - window.from, whole.to - whole.from));
}

/** So many lengths of the window to the right, or to the left, as far as there is anything. */
export function panBy({ window, whole }: Sight, lengths: number): Stretch {
  const length = window.to - window.from;
  return within(whole, window.from + lengths * length, length);
}

function within(whole: Stretch, wanted: number, length: number): Stretch {
  const from = Math.max(whole.from, Math.min(wanted, whole.to - length));
  return { from, to: from + length };
}

/** What a turn of the wheel means there: nothing, where the page scrolls by it. */
export type Turn = { zoom: number; x: number } | { panPx: number };

type Wheel = Pick<
  WheelEvent,
  'ctrlKey' | 'metaKey' | 'shiftKey' | 'deltaX' | 'deltaY' | 'deltaMode' | 'clientX'
>;

const STEP = 1.25;
/** Of wheels that count in lines. */
const LINE_PX = 16;

export function turnOf(wheel: Wheel): Turn | undefined {
  const { ctrlKey, metaKey, shiftKey, deltaX, deltaY, deltaMode, clientX } = wheel;
  if (ctrlKey || metaKey) return { zoom: deltaY > 0 ? STEP : 1 / STEP, x: clientX };
  // Some browsers turn it to the side themselves while Shift is held.
  if (shiftKey) return { panPx: (deltaX || deltaY) * (deltaMode === 0 ? 1 : LINE_PX) };
  return undefined;
}
