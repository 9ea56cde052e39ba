'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { holdsHidden } from '../../../server/domain/hidden.ts';
import type { TaskId } from '../../../server/domain/ids.ts';
import type { Json } from '../../../server/domain/json.ts';
import { query } from '../../data/index.ts';
import { jsonText } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import type { StagePair } from './compare-runs.ts';
import { aroundChanges, diffLines } from './diff-lines.ts';
import { words } from './words.ts';

const LOOK = { same: 'text-quiet', gone: 'bg-bad-soft text-bad', new: 'bg-good-soft text-good' } as const;
const SIGN = { same: ' ', gone: '−', new: '+' } as const;
/** More lines are no help to anybody, and much to draw. All of them are compared. */
const MOST_LINES = 5000;

const useOutput = (stage: StagePair['a']) =>
  useQuery({
    ...query('tasks.get', { id: (stage?.task_id ?? '') as TaskId }),
    enabled: stage !== undefined,
  });

const linesOf = (output: Json | undefined): string[] => jsonText(output ?? null).split('\n');

/** What came out of a stage in one run and in the other. */
export function OutputDiff({ pair }: { pair: StagePair }) {
  const [a, b] = [useOutput(pair.a), useOutput(pair.b)];
  const isThere =
    (pair.a === undefined || a.data !== undefined) && (pair.b === undefined || b.data !== undefined);
  const lines = useMemo(
    () => (isThere ? diffLines(linesOf(a.data?.output), linesOf(b.data?.output)) : undefined),
    [isThere, a.data, b.data],
  );
  if (a.error ?? b.error) return <Broken of={[a, b]} />;
  if (!lines) return <Skeleton label={words.loading} />;
  if (lines.every(({ kind }) => kind === 'same')) {
    const isHidden = [a, b].some(({ data }) => holdsHidden(data?.output ?? null));
    return <p className="text-quiet">{isHidden ? words.equalButHidden : words.equal}</p>;
  }
  const around = aroundChanges(lines);
  return (
    <pre className="overflow-x-auto rounded-md border border-line bg-sunken py-2 font-mono text-xs leading-5">
      {around.slice(0, MOST_LINES).map((line, at) =>
        'skipped' in line ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a difference does not change
          <span key={at} className="block px-3 text-quiet">
            {words.skipped(line.skipped)}
          </span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <span key={at} className={`block min-w-max px-3 ${LOOK[line.kind]}`}>
            {SIGN[line.kind]} {line.text}
          </span>
        ),
      )}
      {around.length > MOST_LINES ? (
        <span className="block px-3 text-quiet">{words.cut(around.length - MOST_LINES)}</span>
      ) : null}
    </pre>
  );
}
