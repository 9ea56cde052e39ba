'use client';

import { useQuery } from '@tanstack/react-query';
import type { RunId } from '../../server/domain/ids.ts';
import { isRunOver } from '../../server/domain/statuses.ts';
import { query, useFresh } from '../data/index.ts';

/** A run and its changes, until it is over. */
export function useRun(id: string) {
  const question = query('runs.get', { id: id as RunId });
  const { data: run, error } = useQuery(question);
  const isOver = run !== undefined && isRunOver(run.status);
  useFresh(isOver ? undefined : { run_id: id as RunId }, { keys: [question.queryKey] });
  return { run, error };
}
