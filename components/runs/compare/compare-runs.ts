import { isId } from '../../../server/domain/id-pattern.ts';
import type { Run, Stage } from '../run/use-run.ts';

/** Something is typed, and no run can be called so. */
export const isNoRunId = (typed: string): boolean => typed.trim() !== '' && !isId('run', typed.trim());

export interface StagePair {
  key: string;
  name: string;
  a: Stage | undefined;
  b: Stage | undefined;
  aMs: number | undefined;
  bMs: number | undefined;
  /** How much longer the second took. */
  deltaMs: number | undefined;
  /** They ended differently, are of another type, or one of them is not there. */
  isDifferent: boolean;
}

const ranMs = (stage: Stage | undefined): number | undefined =>
  stage?.started_at && stage.finished_at
    ? Date.parse(stage.finished_at) - Date.parse(stage.started_at)
    : undefined;

/** Two runs side by side: stages are the same when they have the same key. What differs most comes first. */
export function compareRuns(a: Pick<Run, 'stages'>, b: Pick<Run, 'stages'>): StagePair[] {
  const ofA = new Map(a.stages.map((stage) => [stage.key, stage]));
  const ofB = new Map(b.stages.map((stage) => [stage.key, stage]));
  const pairs = [...new Set([...ofA.keys(), ...ofB.keys()])].map((key): StagePair => {
    const [left, right] = [ofA.get(key), ofB.get(key)];
    const [aMs, bMs] = [ranMs(left), ranMs(right)];
    return {
      key,
      name: right?.name ?? left?.name ?? key,
      a: left,
      b: right,
      aMs,
      bMs,
      deltaMs: aMs === undefined || bMs === undefined ? undefined : bMs - aMs,
      isDifferent: left?.state !== right?.state || left?.type !== right?.type,
    };
  });
  const weight = ({ deltaMs }: StagePair) => Math.abs(deltaMs ?? 0);
  return pairs.sort((x, y) => Number(y.isDifferent) - Number(x.isDifferent) || weight(y) - weight(x));
}
