import type { z } from 'zod';
import { invalid } from '#server/domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import { demandScopes } from '#server/identity/actor.ts';
import type { Action } from '#server/identity/permissions.ts';
import { listOffered, type OfferedPipeline } from '#server/services/pipeline/offered.ts';
import { getRun } from '#server/services/run/get.ts';
import { startRun } from '#server/services/run/start.ts';
import { presentRunStatus, type runStatusSchema } from './run-view.ts';
import type { ToolCall } from './tool.ts';
import { waitForRun } from './wait.ts';

export const OFFERED_NEEDS: readonly Action[] = ['pipeline.read', 'run.operate', 'run.read'];
/** Keeps tools that people have made apart from ours. */
const PREFIX = 'pipe_';
const WAIT_MS = 50_000;

export const offeredName = ({ toolName }: OfferedPipeline): string => `${PREFIX}${toolName}`;

export async function findOffered(
  { services, actor }: Pick<ToolCall, 'services' | 'actor'>,
  name: string,
): Promise<OfferedPipeline | undefined> {
  const toolName = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  const [found] = await listOffered(services, actor, { toolName });
  return found;
}

const isObjectSchema = (schema: JsonObject | null): schema is JsonObject => schema?.type === 'object';

/** What the pipeline takes are the tool's fields where it takes an object, and else its one field `input`. */
export function offeredSchema({ inputSchema }: OfferedPipeline): JsonObject {
  if (isObjectSchema(inputSchema)) return inputSchema;
  const input = inputSchema ?? { description: 'What the pipeline works on.' };
  return { type: 'object', properties: { input }, additionalProperties: false };
}

export const offeredText = ({ name, description, version }: OfferedPipeline): string =>
  [
    description.slice(0, 4000),
    `Runs the pipeline ${JSON.stringify(name)} (version ${version}) and answers with its result; when it takes longer than ${WAIT_MS / 1000} seconds, is_over is false: go on with run_wait.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');

export async function runOffered(
  call: ToolCall,
  offered: OfferedPipeline,
  args: unknown,
): Promise<z.input<typeof runStatusSchema>> {
  const given = args ?? {};
  if (!isJsonObject(given)) throw invalid('The arguments must be an object.');
  const input: Json = isObjectSchema(offered.inputSchema) ? given : (given.input ?? null);
  const { services, actor } = call;
  // Whoever could start it and not look at it would have a run and no answer.
  demandScopes(actor, OFFERED_NEEDS);
  const { run } = await startRun(services, actor, { pipelineId: offered.id, input });
  await waitForRun(call, { id: run.id, timeoutMs: WAIT_MS });
  return presentRunStatus(await getRun(services, actor, { id: run.id }));
}
