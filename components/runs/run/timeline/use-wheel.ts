import { type RefObject, useEffect, useEffectEvent } from 'react';
import { type Turn, turnOf } from './closer.ts';

/** Turns of the wheel that mean something here; `onTurn` says whether it took one, which then scrolls and zooms nothing else. */
export function useWheel(box: RefObject<HTMLElement | null>, onTurn: (turn: Turn) => boolean): void {
  const take = useEffectEvent((event: WheelEvent) => {
    const turn = turnOf(event);
    if (turn && onTurn(turn)) event.preventDefault();
  });
  useEffect(() => {
    const element = box.current;
    // React listens to wheels as one who may not stop them, and the browser would zoom the whole page as well.
    element?.addEventListener('wheel', take, { passive: false });
    return () => element?.removeEventListener('wheel', take);
  }, [box]);
}
