import { z } from 'zod';
import { isJsonObject } from '../json.ts';
import { jsonObjectSchema } from '../json-shape.ts';

/**
 * The document a person draws and a version pins. Field names are those of exported YAML and JSON.
 * Every field that can be left out has its default here, and nowhere else.
 */
export const GRAPH_FORMAT = 1;
export const MAX_STAGES = 10_000;
export const MAX_DEPENDENCIES = 100_000;

/** Also a segment of task ids in logs and a CEL map key: letters, digits, `_` and `-`. */
export const stageKeySchema = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/,
    'must start with a letter or _ and hold only letters, digits, _ and - (63 at most)',
  );
export const capabilitySchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, dots, _ and - (63 at most)');
export const labelSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}(=[A-Za-z0-9._/-]{0,63})?$/, 'must be name or name=value');
const expressionSchema = z.string().min(1).max(4096);
const seconds = z.number().positive().max(31_536_000);

export const PRIORITIES = ['high', 'medium', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Why an attempt ended badly. `lost` (the agent vanished) is not charged to the attempt budget. */
export const ERROR_CLASSES = [
  'agent',
  'timeout',
  'invalid-input',
  'invalid-output',
  'rate-limited',
  'lost',
  'internal',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

export const timeoutsSchema = z.strictObject({
  /** From ready until an agent takes it. */
  queueSeconds: seconds.optional(),
  /** From taken until the agent's first sign of life. */
  firstHeartbeatSeconds: seconds.optional(),
  /** Between two signs of life. */
  idleSeconds: seconds.optional(),
  /** From taken to the end of one attempt. */
  stageSeconds: seconds.optional(),
});

export const retrySchema = z.strictObject({
  maxAttempts: z.int().min(1).max(100).default(1),
  backoff: z.enum(['fixed', 'exponential']).default('exponential'),
  initialSeconds: z.number().min(0).max(86_400).default(1),
  maxSeconds: z.number().min(0).max(86_400).default(300),
  /** Share of the delay that is random: 0 none, 1 all of it. */
  jitter: z.number().min(0).max(1).default(0.2),
  on: z.array(z.enum(ERROR_CLASSES)).default(['agent', 'timeout', 'rate-limited', 'internal']),
  /** CEL over `output` and `attempt`: true asks for another attempt although the agent succeeded. */
  whenOutput: expressionSchema.optional(),
});

export const agentSelectorSchema = z.strictObject({
  /** Labels (`name` or `name=value`) and further capabilities the agent must have. */
  requireLabels: z.array(labelSchema).max(32).default([]),
  requireCapabilities: z.array(capabilitySchema).max(32).default([]),
  prefer: z
    .array(
      z.strictObject({
        label: labelSchema.optional(),
        capability: capabilitySchema.optional(),
        weight: z.number().min(-100).max(100).default(1),
      }),
    )
    .max(32)
    .default([]),
  /** Name of the one agent that may take it. */
  pinned: z.string().min(1).max(128).optional(),
});

export const ON_FAILURE = ['fail-run', 'skip-dependents', 'continue'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** zod's records leave out a key `__proto__` without a word; here it is refused instead. */
const inputFieldsSchema = z
  .custom<Record<string, string>>(
    (value) => isJsonObject(value) && !Object.hasOwn(value, '__proto__'),
    'must be an expression, or an object of expressions without a field __proto__',
  )
  .pipe(z.record(z.string().min(1).max(128), expressionSchema));

const pointerSchema = z
  .string()
  .max(256)
  .regex(/^(?:\/(?:[^/~]|~[01])*)+$/, 'must be a JSON pointer to a part, as /card/number or /items/*/name');

/**
 * What people do not read unless they ask for it and may: all of it, or what these pointers lead to (`*` stands for every
 * field or item). False: it was thought of, and there is nothing.
 */
const markSchema = z.union([z.boolean(), z.array(pointerSchema).min(1).max(64)]);
export type Mark = z.output<typeof markSchema>;

export const stageSchema = z.strictObject({
  key: stageKeySchema,
  name: z.string().max(200).optional(),
  /** Other kinds (map, pipeline, approval, loop) join this list when the engine can run them. */
  kind: z.enum(['agent']).default('agent'),
  /** The capability an agent must offer. */
  type: capabilitySchema,
  /** False: its failure does not fail the run. */
  required: z.boolean().default(true),
  config: jsonObjectSchema.default({}),
  /** CEL: one expression for the whole input, or one for each field. Left out: see `buildInput`. */
  input: z.union([expressionSchema, inputFieldsSchema]).optional(),
  /** JSON Schema that the output is held to. */
  outputSchema: jsonObjectSchema.optional(),
  /** CEL: false skips the stage. */
  condition: expressionSchema.optional(),
  timeouts: timeoutsSchema.default({}),
  retry: retrySchema.prefault({}),
  priority: z.enum(PRIORITIES).default('medium'),
  agent: agentSelectorSchema.prefault({}),
  /** At most `limit` tasks that share the key run at once, over all runs of the tenant. */
  concurrency: z
    .strictObject({ key: z.string().min(1).max(128), limit: z.int().min(1).max(10_000) })
    .optional(),
  onFailure: z.enum(ON_FAILURE).optional(),
  sensitive: z.strictObject({ input: markSchema.optional(), output: markSchema.optional() }).optional(),
  /** What an editor keeps about the node; the engine never reads it. */
  ui: z.strictObject({ x: z.number(), y: z.number() }).optional(),
});

export const DEPENDENCY_WHEN = ['success', 'failure', 'always'] as const;

export const dependencySchema = z.strictObject({
  from: stageKeySchema,
  to: stageKeySchema,
  when: z
    .union([z.enum(DEPENDENCY_WHEN), z.strictObject({ expression: expressionSchema })])
    .default('success'),
});

/** Where something lies on the canvas. */
const place = { x: z.number(), y: z.number() };
const uiIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, _ and -');
export const MAX_NOTES = 500;
export const NOTE_TONES = ['warn', 'busy', 'good', 'hold', 'idle'] as const;

export const noteSchema = z.strictObject({
  id: uiIdSchema,
  text: z.string().max(4_000).default(''),
  ...place,
  width: z.number().min(80).max(2_000).default(220),
  height: z.number().min(40).max(2_000).default(120),
  tone: z.enum(NOTE_TONES).default('warn'),
});

export const groupSchema = z.strictObject({
  id: uiIdSchema,
  title: z.string().max(200).default(''),
  stages: z.array(stageKeySchema).max(MAX_STAGES),
  /** Drawn as one box. */
  collapsed: z.boolean().default(false),
});

/** What an editor keeps beside the stages; the engine never reads it. */
export const graphUiSchema = z.strictObject({
  notes: z.array(noteSchema).max(MAX_NOTES).default([]),
  groups: z.array(groupSchema).max(MAX_NOTES).default([]),
});

export const graphSchema = z.strictObject({
  format: z.literal(GRAPH_FORMAT).default(GRAPH_FORMAT),
  stages: z.array(stageSchema).min(1).max(MAX_STAGES),
  dependencies: z.array(dependencySchema).max(MAX_DEPENDENCIES).default([]),
  /** JSON Schemas of what a run is started with. */
  inputSchema: jsonObjectSchema.optional(),
  parametersSchema: jsonObjectSchema.optional(),
  deadlineSeconds: seconds.optional(),
  /** Of what a run is started with. */
  sensitive: z.strictObject({ input: markSchema.optional(), parameters: markSchema.optional() }).optional(),
  ui: graphUiSchema.optional(),
});

export type Graph = z.output<typeof graphSchema>;
export type GraphInput = z.input<typeof graphSchema>;
export type Stage = Graph['stages'][number];
export type Dependency = Graph['dependencies'][number];
export type RetryPolicy = Stage['retry'];

/** What happens when a stage fails for good and does not say: a required one fails the run. */
export function onFailureOf(stage: Pick<Stage, 'required' | 'onFailure'>): OnFailure {
  return stage.onFailure ?? (stage.required ? 'fail-run' : 'continue');
}
