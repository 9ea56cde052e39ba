'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { act } from '../data/index.ts';
import { useToast } from '../ui/toast.tsx';
import { createReplayJob, type ReplayOutcome } from './replay-job.ts';
import { words } from './words.ts';

/** One for the panel: whoever goes to another page finds it under way when they come back. */
const job = createReplayJob((cursor) => act('deadLetters.replayAll', cursor === undefined ? {} : { cursor }));

/** Closing the window would end it amid the letters: the browser asks first. */
const warn = (event: BeforeUnloadEvent) => event.preventDefault();

/** All dead letters that there are now, some at a time, with how far it has come. */
export function useReplayAll() {
  const state = useSyncExternalStore(job.subscribe, job.get, job.get);
  const queries = useQueryClient();
  const toast = useToast();

  async function run(total: number | undefined): Promise<void> {
    window.addEventListener('beforeunload', warn);
    const outcome = await job.start(total);
    window.removeEventListener('beforeunload', warn);
    if (!outcome) return;
    toast(tell(outcome));
    void queries.invalidateQueries({ queryKey: ['deadLetters', 'list'] });
    void queries.invalidateQueries({ queryKey: ['queues'] });
  }
  return { ...state, run: (total: number | undefined) => void run(total), stop: job.stop };
}

function tell({ done, refused, broken, isStopped }: ReplayOutcome) {
  const count = refused.length;
  if (broken) return { title: words.dead.brokeOff(done), description: broken.message, isFailure: true };
  const [first] = refused;
  return {
    title: isStopped ? words.dead.stopped(done, count) : words.dead.replayed(done, count),
    ...(first ? { description: words.dead.refused(first.message) } : {}),
    isFailure: count > 0,
  };
}
