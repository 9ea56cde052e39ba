import { constantOf } from '../expressions.ts';
import type { Report } from '../problems.ts';
import { type RetryPolicy, retrySchema, type Stage } from '../schema.ts';
import type { ExpressionsOfGraph } from './expressions.ts';
import type { Model } from './model.ts';

interface At {
  path: (string | number)[];
  stage: string;
}

/** Options that stand there and change nothing: who wrote them believes that they do. */
export function checkIdleOptions(model: Model, { conditions }: ExpressionsOfGraph, report: Report): void {
  for (const [index, stage] of model.graph.stages.entries()) {
    const at = { path: ['stages', index], stage: stage.key };
    const idle = (path: (string | number)[], message: string): void =>
      report({ code: 'no-effect', message, ...at, path: [...at.path, ...path] });
    const condition = conditions.get(index);
    if (condition !== undefined && constantOf(condition)?.value === true)
      idle(['condition'], 'The condition is always true, so it passes over nothing.');
    checkRetryOptions(stage.retry, at, report);
    checkPauses(stage.retry, idle);
    checkSelector(stage, idle);
  }
}

/** What holds when a policy says nothing: what differs from it was written by somebody. */
const UNSET: RetryPolicy = retrySchema.parse({});
const OF_FURTHER_ATTEMPTS = ['backoff', 'initialSeconds', 'maxSeconds', 'jitter', 'on'] as const;

function checkRetryOptions(retry: RetryPolicy, at: At, report: Report): void {
  if (retry.maxAttempts > 1) return;
  const written = OF_FURTHER_ATTEMPTS.filter((field) => String(retry[field]) !== String(UNSET[field]));
  const [first] = written;
  if (first === undefined) return;
  const message = `maxAttempts is 1, so ${written.join(', ')} can have no effect.`;
  report({ code: 'retry-never', message, ...at, path: [...at.path, 'retry', first] });
}

type Idle = (path: (string | number)[], message: string) => void;

function checkPauses(
  { maxAttempts, backoff, initialSeconds, maxSeconds, jitter, on }: RetryPolicy,
  idle: Idle,
) {
  if (maxAttempts === 1) return;
  const lost = on.indexOf('lost');
  if (lost >= 0 && on.some((name) => name !== 'lost')) {
    const message = 'An attempt that was lost is made again in any case, and is not one of maxAttempts.';
    idle(['retry', 'on', lost], message);
  }
  const isCapped = initialSeconds > Math.min(maxSeconds, UNSET.maxSeconds);
  if (backoff === 'fixed' && maxSeconds !== UNSET.maxSeconds && !isCapped) {
    const message = `Each pause is the first one (${initialSeconds} s), so none gets to maxSeconds (${maxSeconds} s).`;
    idle(['retry', 'maxSeconds'], message);
  }
  if (initialSeconds === 0 && jitter !== UNSET.jitter)
    idle(['retry', 'jitter'], 'There is no pause, and so no share of it that could be random.');
}

function checkSelector({ type, agent }: Stage, idle: Idle): void {
  const { prefer, pinned, requireCapabilities, requireLabels } = agent;
  const own = requireCapabilities.indexOf(type);
  if (own >= 0)
    idle(
      ['agent', 'requireCapabilities', own],
      `${type} is the type of the stage, which every agent must offer.`,
    );
  for (const [nth, wish] of prefer.entries()) {
    const { label, capability, weight } = wish;
    const path = ['agent', 'prefer', nth];
    const isOfAll = (name: string | undefined, all: readonly string[]) =>
      name !== undefined && all.includes(name);
    if (pinned !== undefined) idle(path, `${pinned} alone may take the stage, so nobody can be preferred.`);
    else if (label === undefined && capability === undefined)
      idle(path, 'It names neither a label nor a capability, so it prefers nobody.');
    else if (weight === 0) idle([...path, 'weight'], 'A weight of 0 prefers nobody.');
    else if (isOfAll(label, requireLabels) || isOfAll(capability, [type, ...requireCapabilities]))
      idle(path, 'Every agent that may take the stage has it, so it prefers nobody.');
  }
}
