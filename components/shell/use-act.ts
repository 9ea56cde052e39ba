'use client';

import { type ActionOptions, type Answer, type Input, type Path, useAction } from '../data/index.ts';
import { useToast } from '../ui/toast.tsx';

interface ActOptions<P extends Path> extends ActionOptions<P> {
  /** Said when it is done. Left out where the page itself shows it. */
  done?: string | ((answer: Answer<P>, input: Input<P>) => string);
}

/** What a button does: `run` has it done, and a toast says what came of it. */
export function useAct<P extends Path>(path: P, { done, onDone, onFailure, ...options }: ActOptions<P> = {}) {
  const toast = useToast();
  const { mutate, isPending } = useAction(path, {
    ...options,
    onDone(answer, input) {
      if (done !== undefined) toast({ title: typeof done === 'string' ? done : done(answer, input) });
      onDone?.(answer, input);
    },
    onFailure(error) {
      toast({
        title: error.message,
        ...(error.advice === undefined ? {} : { description: error.advice }),
        isFailure: true,
      });
      onFailure?.(error);
    },
  });
  return { run: (input: Input<P>) => mutate(input), isBusy: isPending };
}
