'use client';

import { useRouter } from 'next/navigation';
import { useToast } from '../ui/toast.tsx';
import { goOn, type Made } from './go-on.ts';
import { useIsShown } from './use-is-shown.ts';

/** For the answer to a button: leads to what it has made, if whoever pressed it still sees it. `leave` closes it before. */
export function useGoOn(isOpen = true): (made: Made, leave?: () => void) => void {
  const { push } = useRouter();
  const toast = useToast();
  const isShown = useIsShown(isOpen);
  return (made, leave) => {
    const isAwaited = isShown.current;
    if (isAwaited) leave?.();
    goOn(made, isAwaited, { push, toast });
  };
}
