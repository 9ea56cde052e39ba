'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Answer, type ApiError, act } from '../data/index.ts';
import { useToast } from '../ui/toast.tsx';
import { words } from './words.ts';

type Refusal = Answer<'deadLetters.replayAll'>['refused'][number];

/** All dead letters that there are now, some at a time, with how far it has come. */
export function useReplayAll() {
  const [state, setState] = useState({ isBusy: false, done: 0 });
  const queries = useQueryClient();
  const toast = useToast();

  async function replay(): Promise<{ done: number; refused: Refusal[] }> {
    const refused: Refusal[] = [];
    let done = 0;
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const answer: Answer<'deadLetters.replayAll'> = await act(
        'deadLetters.replayAll',
        cursor === undefined ? {} : { cursor },
      );
      done += answer.replayed;
      refused.push(...answer.refused);
      cursor = answer.next_cursor;
      setState({ isBusy: true, done });
    }
    return { done, refused };
  }

  function run(): void {
    setState({ isBusy: true, done: 0 });
    replay()
      .then(
        ({ done, refused: [first, ...others] }) => {
          const count = first ? 1 + others.length : 0;
          toast({
            title: words.dead.replayed(done, count),
            ...(first ? { description: words.dead.refused(first.message) } : {}),
            isFailure: count > 0,
          });
        },
        (error: ApiError) => toast({ title: error.message, isFailure: true }),
      )
      .finally(() => {
        setState({ isBusy: false, done: 0 });
        void queries.invalidateQueries({ queryKey: ['deadLetters', 'list'] });
        void queries.invalidateQueries({ queryKey: ['queues'] });
      });
  }
  return { run, ...state };
}
