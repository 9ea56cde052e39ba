import { type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import type { LiveTarget } from '#server/domain/live.ts';
import type { RunTopic } from './audience.ts';

/** Runs that nobody has named. */
export type BroadTarget = Extract<LiveTarget, { everything: true } | { pipeline_id: PipelineId }>;
export type BroadTopic = 'everything' | PipelineId;

/** Several of them at once: all runs, or those of some pipelines. */
export type Scope = 'everything' | Set<PipelineId>;

export const isBroad = (target: LiveTarget): target is BroadTarget =>
  'everything' in target || 'pipeline_id' in target;

export const topicOf = (target: BroadTarget): RunTopic =>
  'everything' in target ? 'everything' : { pipeline: target.pipeline_id };

export function scopeOf(targets: readonly BroadTarget[]): Scope {
  const pipelines = targets.flatMap((target) => ('pipeline_id' in target ? target.pipeline_id : []));
  return pipelines.length < targets.length ? 'everything' : new Set(pipelines);
}

export const isWithin = (scope: Scope, topic: BroadTopic): boolean =>
  scope === 'everything' || (topic !== 'everything' && scope.has(topic));

/** By run the last number that a client has had since its resume point. */
export const seenOf = (targets: readonly BroadTarget[]): Map<RunId, number> =>
  new Map(targets.flatMap(({ seen }) => Object.entries(seen ?? {}) as [RunId, number][]));

export function keyOf(topic: RunTopic): string {
  if (typeof topic === 'string') return topic;
  return toUuid('run' in topic ? topic.run : topic.pipeline) + ('run' in topic ? ' run' : ' pipeline');
}
