import { z } from 'zod';
import { invalid } from '#server/domain/errors.ts';
import type { JsonObject } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';

const stageSchema = z.looseObject({
  name: z.string().trim().min(1).max(200),
  type: z.string(),
  required: z.boolean().optional(),
  /** Seconds for one attempt. */
  timeout: z.number().positive().optional(),
});

/** Stages by their place or by their key. */
const endSchema = z.union([z.int().min(0), z.string().min(1)]);

export const pipelineBodySchema = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  stages: z.array(stageSchema).min(1),
  dependencies: z.array(z.looseObject({ from: endSchema, to: endSchema })).default([]),
  input_schema: jsonObjectSchema.optional(),
  parameters_schema: jsonObjectSchema.optional(),
  deadline: z.number().positive().optional(),
  /** Of what a run is started with; each stage says its own. */
  sensitive: jsonObjectSchema.optional(),
});
type PipelineBody = z.output<typeof pipelineBodySchema>;

/** The API's plain form as a graph: keys are made from names, and what it does not know passes through to be judged. */
export function toDocument(body: PipelineBody): JsonObject {
  const keys = makeKeys(body.stages);
  const stages = body.stages.map(({ timeout, ...stage }, at) => ({
    ...stage,
    key: keys[at] ?? '',
    ...(timeout === undefined ? {} : { timeouts: { ...Object(stage.timeouts), stageSeconds: timeout } }),
  }));
  const dependencies = body.dependencies.map(({ from, to, ...rest }, at) => ({
    ...rest,
    from: keyOf(from, keys, at),
    to: keyOf(to, keys, at),
  }));
  const document = {
    stages,
    dependencies,
    ...(body.input_schema ? { inputSchema: body.input_schema } : {}),
    ...(body.parameters_schema ? { parametersSchema: body.parameters_schema } : {}),
    ...(body.sensitive ? { sensitive: body.sensitive } : {}),
    ...(body.deadline === undefined ? {} : { deadlineSeconds: body.deadline }),
  };
  return document as unknown as JsonObject;
}

function keyOf(end: number | string, keys: readonly string[], at: number): string {
  if (typeof end === 'string') return end;
  const key = keys[end];
  if (key !== undefined) return key;
  throw invalid(`dependencies.${at}: there is no stage ${end}; the last one is ${keys.length - 1}.`);
}

const MAX_KEY = 63;

function makeKeys(stages: PipelineBody['stages']): string[] {
  const taken = new Set<string>();
  return stages.map((stage) => {
    const given = stage.key;
    if (typeof given === 'string') return given;
    const base =
      stage.name
        .toLowerCase()
        .replace(/[^a-z0-9_-]+/g, '-')
        .replace(/^[-0-9]+|-+$/g, '')
        .slice(0, MAX_KEY - 5) || 'stage';
    let key = base;
    for (let count = 2; taken.has(key); count += 1) key = `${base}-${count}`;
    taken.add(key);
    return key;
  });
}
