'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { holdsHidden } from '../../../../server/domain/hidden.ts';
import type { RunId, TaskId } from '../../../../server/domain/ids.ts';
import type { Json } from '../../../../server/domain/json.ts';
import { isTaskOver } from '../../../../server/domain/statuses.ts';
import { query } from '../../../data/index.ts';
import { type Asked, Broken } from '../../../shell/broken.tsx';
import { NotYours } from '../../../shell/not-yours.tsx';
import { useMay } from '../../../shell/use-may.ts';
import { Skeleton } from '../../../ui/feedback.tsx';
import { Select } from '../../../ui/select.tsx';
import { Card } from '../../../ui/surface.tsx';
import { runWords } from '../run-words.ts';
import type { Run, Stage } from '../use-run.ts';
import { RevealedStage, Sensitive } from './sensitive.tsx';
import { Value } from './value.tsx';

const OF_RUN = ['?input', '?parameters', '?metadata'] as const;
type OfRun = (typeof OF_RUN)[number];

/** What the run was given and what its stages made of it, one thing at a time. */
export function DataTab({ run }: { run: Run }) {
  const [shown, setShown] = useQueryState('show', parseAsString.withDefault('?input'));
  const { data } = runWords;
  if (!useMay()('run.payload')) return <NotYours why={data.hidden} />;
  const labels: Record<OfRun, string> = {
    '?input': data.input,
    '?parameters': data.parameters,
    '?metadata': data.metadata,
  };
  const ended = run.stages.filter(({ state }) => isTaskOver(state));
  const stage = ended.find(({ key }) => key === shown);
  const chosen = OF_RUN.find((each) => each === shown) ?? '?input';
  return (
    <Card flush>
      <div className="border-b border-line p-2">
        <Select
          label={data.choose}
          value={stage ? stage.key : chosen}
          onChange={(next) => void setShown(next)}
          choices={[
            ...OF_RUN.map((value) => ({ value: value as string, label: labels[value] })),
            ...ended.map(({ key, name }) => ({ value: key, label: data.outputOf(name) })),
          ]}
        />
      </div>
      <div className="p-4">
        {stage ? (
          <Output key={stage.key} runId={run.id as RunId} stage={stage} />
        ) : (
          <Given key={chosen} runId={run.id as RunId} what={chosen} label={labels[chosen]} />
        )}
      </div>
    </Card>
  );
}

function Output({ runId, stage }: { runId: RunId; stage: Stage }) {
  const asked = useQuery(query('tasks.get', { id: stage.task_id as TaskId }));
  const { data } = asked;
  const shown = (
    <Shown runId={runId} label={runWords.data.outputOf(stage.name)} value={data?.output} asked={asked} />
  );
  if (!holdsHidden(data?.output ?? null)) return shown;
  return (
    <Sensitive runId={runId} stage={stage.stage} instead={shown}>
      {(revealed) => <RevealedStage runId={runId} revealed={revealed} />}
    </Sensitive>
  );
}

function Given({ runId, what, label }: { runId: RunId; what: OfRun; label: string }) {
  const asked = useQuery(query('runs.get', { id: runId }));
  const { data } = asked;
  const value = (data &&
    { '?input': data.input, '?parameters': data.parameters, '?metadata': data.metadata }[what]) as
    | Json
    | undefined;
  const shown = <Shown runId={runId} label={label} value={value} asked={asked} />;
  if (what === '?metadata' || !holdsHidden(value ?? null)) return shown;
  return (
    <Sensitive runId={runId} instead={shown}>
      {({ given }) =>
        given ? (
          <Value
            runId={runId}
            label={label}
            value={what === '?input' ? given.input : (given.parameters as Json)}
          />
        ) : null
      }
    </Sensitive>
  );
}

function Shown({
  runId,
  label,
  value,
  asked,
}: {
  runId: RunId;
  label: string;
  value: Json | undefined;
  asked: Asked;
}) {
  if (value === undefined)
    return asked.error ? <Broken of={asked} /> : <Skeleton label={runWords.data.loading} />;
  return (
    <>
      <Broken of={asked} />
      {value === null ? (
        <p className="text-quiet">{runWords.data.nothing}</p>
      ) : (
        <Value runId={runId} label={label} value={value} />
      )}
    </>
  );
}
