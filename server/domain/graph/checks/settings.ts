import type { Json } from '../../json.ts';
import { constantOf } from '../expressions.ts';
import { compileJsonSchema } from '../json-schema.ts';
import type { Report } from '../problems.ts';
import { onFailureOf, type RetryPolicy, type Stage } from '../schema.ts';
import type { ExpressionsOfGraph } from './expressions.ts';
import type { Model } from './model.ts';
import type { PatternBudget } from './patterns.ts';

/** JSON Schemas that could not be kept to. */
export function checkSchemas(model: Model, report: Report, mayGoOn: PatternBudget): void {
  for (const { schema, at } of schemasOf(model)) {
    const compiled = compileJsonSchema(schema);
    if (!mayGoOn(compiled.patterns)) return;
    if (compiled.ok) continue;
    for (const { path, message } of compiled.problems) {
      const where = path.length === 0 ? 'The schema' : path.join('.').slice(0, 200);
      report({
        code: 'invalid-json-schema',
        message: `${where}: ${message}.`,
        ...at,
        path: [...at.path, ...path],
      });
    }
  }
}

function* schemasOf(
  model: Model,
): Generator<{ schema: Json; at: { path: (string | number)[]; stage?: string } }> {
  const { inputSchema, parametersSchema, stages } = model.graph;
  if (inputSchema) yield { schema: inputSchema, at: { path: ['inputSchema'] } };
  if (parametersSchema) yield { schema: parametersSchema, at: { path: ['parametersSchema'] } };
  for (const [index, { key, outputSchema }] of stages.entries()) {
    if (outputSchema)
      yield { schema: outputSchema, at: { path: ['stages', index, 'outputSchema'], stage: key } };
  }
}

interface At {
  path: (string | number)[];
  stage: string;
}

/** Settings that contradict each other, as far as that is certain: nothing is assumed about how long agents take. */
export function checkSettings(model: Model, expressions: ExpressionsOfGraph, report: Report): void {
  checkConcurrency(model, report);
  for (const [index, stage] of model.graph.stages.entries()) {
    const at = { path: ['stages', index], stage: stage.key };
    checkConfig(stage, at, report);
    checkTimeouts(stage, { deadline: model.graph.deadlineSeconds, at, report });
    const whenOutput = expressions.retries.get(index);
    const never = whenOutput !== undefined && constantOf(whenOutput)?.value === false;
    checkRetry(stage.retry, { deadline: model.graph.deadlineSeconds, never, at, report });
    if (!stage.required && onFailureOf(stage) === 'fail-run') {
      const message = `${stage.key} is not required, and yet its failure fails the run.`;
      report({ code: 'optional-fails-run', message, ...at, path: [...at.path, 'onFailure'] });
    }
  }
}

/** It travels with each task as it is, and through brokers nothing large goes: values of runs have a store for that. */
const MAX_CONFIG_BYTES = 64 * 1024;

function checkConfig({ key, config }: Stage, at: At, report: Report): void {
  const text = JSON.stringify(config);
  // A character is three bytes at most.
  if (text.length * 3 <= MAX_CONFIG_BYTES) return;
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes <= MAX_CONFIG_BYTES) return;
  const message = `The config of ${key} has ${bytes} bytes; it may have ${MAX_CONFIG_BYTES}.`;
  report({ code: 'too-large', message, ...at, path: [...at.path, 'config'] });
}

/** One key is one count, and each stage goes by its own limit: two that differ are hardly what is meant. */
function checkConcurrency({ graph: { stages } }: Model, report: Report): void {
  const first = new Map<string, { stage: string; limit: number }>();
  for (const [index, { key: stage, concurrency }] of stages.entries()) {
    if (!concurrency) continue;
    const { key, limit } = concurrency;
    const known = first.get(key);
    if (!known) first.set(key, { stage, limit });
    else if (known.limit !== limit) {
      const message = `The concurrency key ${JSON.stringify(key)} has the limit ${limit} here and ${known.limit} in ${known.stage}. Both count the same tasks, and each stage begins one only while fewer than its own limit are out.`;
      report({
        code: 'concurrency-limits',
        message,
        path: ['stages', index, 'concurrency', 'limit'],
        stage,
        stages: [known.stage, stage],
      });
    }
  }
}

interface SettingsCheck {
  deadline: number | undefined;
  at: { path: (string | number)[]; stage: string };
  report: Report;
}

function checkTimeouts({ timeouts }: Stage, { deadline, at, report }: SettingsCheck): void {
  const { queueSeconds, firstHeartbeatSeconds, idleSeconds, stageSeconds } = timeouts;
  const within = (
    field: string,
    value: number | undefined,
    outer: [name: string, seconds: number | undefined],
  ) => {
    const [name, limit] = outer;
    if (value === undefined || limit === undefined || value <= limit) return;
    const message = `${field} (${value} s) can have no effect: ${name} (${limit} s) ends it before.`;
    report({ code: 'timeout-order', message, ...at, path: [...at.path, 'timeouts', field] });
  };
  within('stageSeconds', stageSeconds, ['the deadline of the run', deadline]);
  within('queueSeconds', queueSeconds, ['the deadline of the run', deadline]);
  const attempt: [string, number | undefined] =
    stageSeconds === undefined ? ['the deadline of the run', deadline] : ['stageSeconds', stageSeconds];
  within('firstHeartbeatSeconds', firstHeartbeatSeconds, attempt);
  within('idleSeconds', idleSeconds, attempt);
}

function checkRetry(
  retry: RetryPolicy,
  { deadline, never, at, report }: SettingsCheck & { never: boolean },
): void {
  const path = [...at.path, 'retry'];
  const asksOnOutput = retry.whenOutput !== undefined;
  if (never) {
    const message = 'The condition on the output is always false, so it never asks for another attempt.';
    report({ code: 'retry-never', message, ...at, path: [...path, 'whenOutput'] });
  } else if (retry.maxAttempts === 1 && asksOnOutput) {
    const message = 'There is a condition for another attempt, but maxAttempts is 1.';
    report({ code: 'retry-never', message, ...at, path: [...path, 'maxAttempts'] });
  } else if (retry.maxAttempts > 1 && !asksOnOutput && retry.on.every((name) => name === 'lost')) {
    const message = `maxAttempts is ${retry.maxAttempts}, but no failure is named that would use them.`;
    report({ code: 'retry-never', message, ...at, path: [...path, 'on'] });
  }
  if (retry.maxAttempts === 1) return;
  if (retry.initialSeconds > retry.maxSeconds) {
    const message = `The first delay (${retry.initialSeconds} s) is longer than the longest (${retry.maxSeconds} s).`;
    report({ code: 'retry-delay-order', message, ...at, path: [...path, 'initialSeconds'] });
  }
  const waited = shortestDelays(retry);
  if (deadline !== undefined && waited >= deadline) {
    const message = `Its delays alone take ${Math.ceil(waited)} s or more, and the run ends after ${deadline} s.`;
    report({ code: 'retry-past-deadline', message, ...at, path });
  }
}

/** All delays before the last attempt, with luck: jitter only ever shortens them. */
function shortestDelays({ maxAttempts, backoff, initialSeconds, maxSeconds, jitter }: RetryPolicy): number {
  let total = 0;
  for (let attempt = 1; attempt < maxAttempts; attempt++) {
    const growth = backoff === 'exponential' ? 2 ** (attempt - 1) : 1;
    total += Math.min(initialSeconds * growth, maxSeconds) * (1 - jitter);
  }
  return total;
}
