'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { RunId } from '../../../server/domain/ids.ts';
import { isRunOver } from '../../../server/domain/statuses.ts';
import { type Answer, pages, useFresh } from '../../data/index.ts';
import { useWholeList } from '../../shell/paged-table.tsx';
import { whenIdle } from '../../ui/late.tsx';
import { type Run, type Stage, shapeOf } from '../run-shape.ts';

export type { Run, Stage };
export type Attempt = Answer<'runs.attempts'>['attempts'][number];

export type HandOut = Answer<'runs.handOuts'>['hand_outs'][number];

/** A run of thousands of stages is a large answer, so it is asked for less often. */
const paceMs = (stages: number): number => Math.max(100, Math.min(5000, stages));
const NO_ATTEMPTS: readonly Attempt[] = [];
/** Not there yet and none at all are drawn alike, and so are one thing: thousands of rows are not laid out for nothing. */
const orNone = <Item>(rows: readonly Item[] | undefined, none: readonly Item[]) =>
  rows === undefined || rows.length === 0 ? none : rows;
const A_PAGE = 5000;
const attemptsOf = (page: Answer<'runs.attempts'>) => page.attempts;

/**
 * The shape of a run, until it is over, with the attempts of those stages that had more than one: of the others the
 * stage says all. What the stages worked on is read one at a time.
 */
export function useRun(id: string) {
  const runQuery = shapeOf(id);
  const attemptsInput = { id: id as RunId, repeated: true, limit: A_PAGE };
  const asked = useQuery(runQuery);
  const run = asked.data;
  const attempts = useWholeList(
    'runs.attempts',
    { ...attemptsInput, isAsked: run !== undefined },
    attemptsOf,
  );
  const queries = useQueryClient();
  const isOver = run !== undefined && isRunOver(run.status);
  useFresh(isOver ? undefined : { run_id: id as RunId }, {
    keys: [runQuery.queryKey, pages('runs.attempts', attemptsInput).queryKey],
    everyMs: paceMs(run?.stages.length ?? 0),
    isFinal(key) {
      const known = key === runQuery.queryKey ? queries.getQueryData(runQuery.queryKey) : undefined;
      return known !== undefined && isRunOver(known.status);
    },
  });
  return { run, attempts: orNone(attempts.rows, NO_ATTEMPTS), hasMoreAttempts: attempts.isCut, asked };
}

const NO_HAND_OUTS: readonly HandOut[] = [];
const handOutsOf = (page: Answer<'runs.handOuts'>) => page.hand_outs;
/** More than any run has that is drawn: one page of it. */
const MOST_HAND_OUTS = 20_000;

/** When the tasks of a run were put into queues; asked for by what draws it, once the run itself is there. */
export function useHandOuts(run: Run): readonly HandOut[] {
  const isAsked = useIsOpened(run.stages.length > LARGE_STAGES);
  const input = { id: run.id as RunId, limit: MOST_HAND_OUTS };
  const { rows } = useWholeList('runs.handOuts', { ...input, isAsked }, handOutsOf);
  useFresh(isRunOver(run.status) ? undefined : { run_id: run.id as RunId }, {
    keys: [pages('runs.handOuts', input).queryKey],
    everyMs: paceMs(run.stages.length),
  });
  return orNone(rows, NO_HAND_OUTS);
}

const LARGE_STAGES = 1000;

/** What is large is drawn and can be used before it is asked for more: that would hold up its opening. */
function useIsOpened(isLarge: boolean): boolean {
  const [isOpened, setOpened] = useState(!isLarge);
  useEffect(() => (isOpened ? undefined : whenIdle(() => setOpened(true))), [isOpened]);
  return isOpened;
}
