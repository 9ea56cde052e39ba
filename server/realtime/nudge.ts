import { z } from 'zod';
import { idSchema, type PipelineId, type RunId } from '#server/domain/ids.ts';

/** "These runs have moved": never the news itself, only what there is to read. */
export type NudgedRun = readonly [runId: RunId, pipelineId: PipelineId | null, seq: number];

const nudgeSchema = z.array(z.tuple([idSchema('run'), idSchema('pipe').nullable(), z.int().min(0)]));

export function writeNudge(runs: readonly NudgedRun[]): string {
  return JSON.stringify(runs);
}

/** Null for what nobody of ours can have said. */
export function readNudge(message: string): NudgedRun[] | null {
  try {
    return nudgeSchema.parse(JSON.parse(message));
  } catch {
    return null;
  }
}
