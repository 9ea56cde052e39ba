'use client';

import { useQuery } from '@tanstack/react-query';
import type { RunId } from '../../../server/domain/ids.ts';
import { isRunOver } from '../../../server/domain/statuses.ts';
import { type Answer, pages, query, useFresh } from '../../data/index.ts';
import { useWholeList } from '../../shell/paged-table.tsx';

export type Run = Answer<'runs.get'>;
export type Stage = Run['stages'][number];
export type Attempt = Answer<'runs.attempts'>['attempts'][number];

/** A run of thousands of stages is a large answer, so it is asked for less often. */
const paceMs = (stages: number): number => Math.max(100, Math.min(5000, stages));
const NO_ATTEMPTS: readonly Attempt[] = [];
const A_PAGE = 5000;
const attemptsOf = (page: Answer<'runs.attempts'>) => page.attempts;

/**
 * The shape of a run, until it is over, with the attempts of those stages that had more than one: of the others the
 * stage says all. What the stages worked on is read one at a time.
 */
export function useRun(id: string) {
  const runQuery = query('runs.get', { id: id as RunId, brief: true });
  const attemptsInput = { id: id as RunId, repeated: true, limit: A_PAGE };
  const asked = useQuery(runQuery);
  const run = asked.data;
  const attempts = useWholeList(
    'runs.attempts',
    { ...attemptsInput, isAsked: run !== undefined },
    attemptsOf,
  );
  const isOver = run !== undefined && isRunOver(run.status);
  useFresh(isOver ? undefined : { run_id: id as RunId }, {
    keys: [runQuery.queryKey, pages('runs.attempts', attemptsInput).queryKey],
    everyMs: paceMs(run?.stages.length ?? 0),
  });
  return { run, attempts: attempts.rows ?? NO_ATTEMPTS, hasMoreAttempts: attempts.isCut, asked };
}
