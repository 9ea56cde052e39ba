'use client';

import { type RefObject, useEffect, useRef } from 'react';

/** Whether what asked is still in sight when an answer comes: somebody may have closed it, or gone to another page. */
export function useIsShown(isOpen = true): RefObject<boolean> {
  const isShown = useRef(isOpen);
  useEffect(() => {
    isShown.current = isOpen;
    return () => {
      isShown.current = false;
    };
  }, [isOpen]);
  return isShown;
}
