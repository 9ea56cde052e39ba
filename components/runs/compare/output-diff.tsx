'use client';

import { useQuery } from '@tanstack/react-query';
import type { RunId, TaskId } from '../../../server/domain/ids.ts';
import type { Json } from '../../../server/domain/json.ts';
import { query } from '../../data/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { useMay } from '../../shell/use-may.ts';
import { Skeleton } from '../../ui/feedback.tsx';
import type { Run } from '../run-shape.ts';
import type { StagePair } from './compare-runs.ts';
import { ValueDiff } from './value-diff.tsx';
import { words } from './words.ts';

interface Runs {
  first: Run;
  second: Run;
}

const useOutput = (stage: StagePair['a']) =>
  useQuery({
    ...query('tasks.get', { id: (stage?.task_id ?? '') as TaskId }),
    enabled: stage !== undefined,
  });

/** What came out of a stage in one run and in the other. */
export function OutputDiff({ pair, first, second }: Runs & { pair: StagePair }) {
  const [a, b] = [useOutput(pair.a), useOutput(pair.b)];
  const isThere =
    (pair.a === undefined || a.data !== undefined) && (pair.b === undefined || b.data !== undefined);
  if (!isThere) return a.error || b.error ? <Broken of={[a, b]} /> : <Skeleton label={words.loading} />;
  return (
    <ValueDiff
      first={{ runId: first.id as RunId, value: a.data?.output ?? null }}
      second={{ runId: second.id as RunId, value: b.data?.output ?? null }}
      equal={words.equal}
    />
  );
}

/** What one run was given and what the other was: often the whole reason for all that follows. */
export function InputDiff({ first, second }: Runs) {
  const may = useMay()('run.payload');
  const options = { enabled: may };
  const a = useQuery({ ...query('runs.get', { id: first.id as RunId }), ...options });
  const b = useQuery({ ...query('runs.get', { id: second.id as RunId }), ...options });
  if (!may) return <p className="text-quiet">{words.inputsHidden}</p>;
  if (!a.data || !b.data)
    return a.error || b.error ? <Broken of={[a, b]} /> : <Skeleton label={words.loading} />;
  return (
    <ValueDiff
      first={{ runId: first.id as RunId, value: givenTo(a.data) }}
      second={{ runId: second.id as RunId, value: givenTo(b.data) }}
      equal={words.equalInputs}
    />
  );
}

/** Parameters are told where there are any: most runs have an input alone. */
function givenTo({ input, parameters }: { input: Json; parameters: unknown }): Json {
  const given = parameters as Record<string, Json>;
  return Object.keys(given).length === 0 ? input : { input, parameters: given };
}
