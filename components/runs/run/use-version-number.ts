import { useQuery } from '@tanstack/react-query';
import type { VersionId } from '../../../server/domain/ids.ts';
import { query } from '../../data/index.ts';
import type { Run } from './use-run.ts';

/** The version that it was run by, as people count them; undefined: a task on its own has none. */
export function useVersionNumber({ pipeline_id: pipeline, version_id: version }: Run): number | undefined {
  const { data } = useQuery({
    ...query('pipelines.findVersion', { id: version as VersionId }),
    enabled: pipeline !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data?.number;
}
