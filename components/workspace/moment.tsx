'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import type { PipelineId, VersionId } from '../../server/domain/ids.ts';
import { query } from '../data/index.ts';
import { Select } from '../ui/select.tsx';
import { words } from './words.ts';

const MOMENT = {
  before: parseAsString,
  on: parseAsStringLiteral(['original', 'newest']).withDefault('original'),
};

export interface Moment {
  /** Before which stage; null: now. */
  before: string | null;
  /** Of which version that stage is. */
  on: 'original' | 'newest';
}

/** As of when the files are shown: part of the address. */
export function useMoment(): [Moment, (moment: Moment) => void] {
  const [moment, setMoment] = useQueryStates(MOMENT);
  return [moment, (next) => void setMoment(next)];
}

/** As the list of files is asked for it. */
export const askedOf = ({ before, on }: Moment) =>
  before === null ? {} : { before_stage: before, replay_version: on };

interface RunShown {
  pipeline_id: PipelineId | null;
  version_id: VersionId;
  stages: readonly { key: string }[];
}

interface ChoiceProps {
  run: RunShown;
  moment: Moment;
  onChange(moment: Moment): void;
}

const NOW: Moment = { before: null, on: 'original' };

/** Now, or what a replay would begin with: by the run's own stages, and by those of a version that came later. */
export function MomentChoice({ run, moment, onChange }: ChoiceProps) {
  const newest = useNewerVersion(run);
  const choices = [
    { moment: NOW, label: words.now },
    ...run.stages.map(({ key }) => ({
      moment: { before: key, on: 'original' as const },
      label: words.before(key),
    })),
    ...(newest?.stages ?? []).map((key) => ({
      moment: { before: key, on: 'newest' as const },
      label: words.beforeOn(key, newest?.number ?? 0),
    })),
  ];
  const toValue = ({ on, before }: Moment) => JSON.stringify([on, before]);
  return (
    <div className="border-b border-line p-2">
      <Select
        label={words.moment}
        value={toValue(moment)}
        choices={choices.map((choice) => ({ value: toValue(choice.moment), label: choice.label }))}
        onChange={(value) =>
          onChange(choices.find((choice) => toValue(choice.moment) === value)?.moment ?? NOW)
        }
      />
      {moment.before === null ? null : (
        <p className="mt-2 text-xs text-quiet">
          {words.beforeNote(moment.before)}
          {moment.on === 'newest' ? ` ${words.newestNote}` : null}
        </p>
      )}
    </div>
  );
}

/** The newest version of the run's pipeline, unless it is the run's own. */
function useNewerVersion({ pipeline_id, version_id }: RunShown): { number: number; stages: string[] } | null {
  const id = pipeline_id as PipelineId;
  const { data: listed } = useQuery({
    ...query('pipelines.versions', { id, limit: 1 }),
    enabled: pipeline_id !== null,
  });
  const newest = listed?.versions[0];
  const number = newest?.number ?? 1;
  const { data } = useQuery({
    ...query('pipelines.getVersion', { id, number }),
    enabled: newest !== undefined && newest.id !== version_id,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data) return null;
  const { stages } = data.graph as { stages: { key: string }[] };
  return { number: data.number, stages: stages.map(({ key }) => key) };
}
