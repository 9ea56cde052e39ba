import { useQuery } from '@tanstack/react-query';
import { query } from '../../data/index.ts';
import type { Run } from './use-run.ts';

const NEWEST = 200;

/** The version that it was run by, as people count them; undefined: there is none, or it is very old. */
export function useVersionNumber({ pipeline_id: id, version_id: version }: Run): number | undefined {
  const { data } = useQuery({
    ...query('pipelines.versions', { id: id ?? '', limit: NEWEST }),
    enabled: id !== null,
  });
  return data?.versions.find((each) => each.id === version)?.number;
}
