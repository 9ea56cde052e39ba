'use client';

import { type ActionOptions, type Answer, type Input, type Path, useAction } from '../data/index.ts';
import { useToast } from '../ui/toast.tsx';
import { useIsShown } from './use-is-shown.ts';

interface ActOptions<P extends Path> extends ActionOptions<P> {
  /** Said when it is done. Left out where the page itself shows it. */
  done?: string | ((answer: Answer<P>, input: Input<P>) => string);
  /** A dialog is open that shows what went wrong (`error`) where it can be mended: no toast says it then. */
  inDialog?: boolean;
}

/** What a button does: `run` has it done, and a toast says what came of it. */
export function useAct<P extends Path>(
  path: P,
  { done, onDone, onFailure, inDialog = false, ...options }: ActOptions<P> = {},
) {
  const toast = useToast();
  const isShown = useIsShown(inDialog);
  const { mutate, isPending, error } = useAction(path, {
    ...options,
    onDone(answer, input) {
      if (done !== undefined) toast({ title: typeof done === 'string' ? done : done(answer, input) });
      onDone?.(answer, input);
    },
    onFailure(failure) {
      if (!isShown.current)
        toast({
          title: failure.message,
          ...(failure.advice === undefined ? {} : { description: failure.advice }),
          isFailure: true,
        });
      onFailure?.(failure);
    },
  });
  return { run: (input: Input<P>) => mutate(input), isBusy: isPending, error };
}
