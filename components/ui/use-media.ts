import { useSyncExternalStore } from 'react';

/** As narrow as the classes `max-md:` ask for: a phone. Paper is as narrow, and has tables all the same. */
export const NARROW = 'screen and (width < 48rem)';

/** As coarse as the classes `pointer-coarse:` ask for: a finger. */
export const COARSE = '(pointer: coarse)';

/** As wide as the classes `lg:` ask for. */
export const WIDE = '(width >= 64rem)';

/** Whether the window is as the query says; where a page is drawn first nobody knows, and the answer is no. */
export function useMedia(query: string): boolean {
  const subscribe = (changed: () => void) => {
    const media = matchMedia(query);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  };
  return useSyncExternalStore(
    subscribe,
    () => matchMedia(query).matches,
    () => false,
  );
}
