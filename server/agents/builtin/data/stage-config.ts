import type { JsonObject } from '#server/domain/json.ts';
import { misfitsOf } from '#server/domain/misfit-words.ts';
import { invalidInput } from './engine/failures.ts';
import { configSchemas, type DataCapability } from './schemas.ts';
import { isObject } from './tables.ts';

/** Names that a run's parameters may carry, as people write them, for the stages that know them. */
const PARAMETERS: Partial<Record<DataCapability, Record<string, string>>> = {
  'data-ingestion': { format: 'format', delimiter: 'delimiter', batch_size: 'batchSize' },
  processing: { batch_size: 'batchSize', parallel_workers: 'parallelWorkers' },
};

function fromParameters(capability: DataCapability, parameters: JsonObject): JsonObject {
  const known = PARAMETERS[capability] ?? {};
  const found: JsonObject = {};
  for (const [from, to] of Object.entries(known)) {
    const value = Object.hasOwn(parameters, from) ? parameters[from] : undefined;
    if (value !== undefined) found[to] = value;
  }
  return found;
}

/** A stage's own parameters: those of the run, and those that its input carries, which are closer. */
export function parametersOf(assignment: { parameters: JsonObject; input: unknown }): JsonObject {
  const input = assignment.input as JsonObject;
  const own = isObject(input) && isObject(input.parameters) ? input.parameters : {};
  return { ...assignment.parameters, ...own };
}

/** The config that counts: the stage's own words before the parameters. Checked here, at the door. */
export function stageConfig(
  capability: DataCapability,
  config: JsonObject,
  parameters: JsonObject,
): JsonObject {
  const merged = { ...fromParameters(capability, parameters), ...config };
  const parsed = configSchemas[capability].safeParse(merged);
  if (parsed.success) return merged;
  const problems = misfitsOf(parsed.error.issues)
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  throw invalidInput(
    'CONFIG_INVALID',
    `The config of this ${capability} stage is not right. ${problems.join('; ')}.`,
    {
      problems,
    },
  );
}
