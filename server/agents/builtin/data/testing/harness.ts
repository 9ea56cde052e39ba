import { createHash } from 'node:crypto';
import { makeId, taskId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { ArtefactAccess, AssignmentContext, BuiltinAgent } from '../../../agent.ts';
import { type BuiltinOptions, createBuiltinAgents } from '../../index.ts';

/** The built-in agents with an object store in memory, and everything they say written down. */
export interface Harness {
  run(capability: string, input: Json, more?: RunOptions): Promise<JsonObject>;
  objects: ArtefactAccess & { text(hash: string): string };
  logs: { level: string; message: string }[];
  progress: number[];
  agents: BuiltinAgent[];
  stop(): Promise<void>;
}

export interface RunOptions {
  config?: JsonObject;
  parameters?: JsonObject;
  signal?: AbortSignal;
  attempt?: number;
}

const RUN = makeId('run', '00000000-0000-7000-8000-000000000001');

export function memoryObjects(): Harness['objects'] {
  const stored = new Map<string, Uint8Array>();
  const find = (hash: string): Uint8Array => {
    const found = stored.get(hash);
    if (!found) throw new Error(`no object ${hash}`);
    return found;
  };
  return {
    async put(content, about) {
      const hash = createHash('sha256').update(content).digest('hex');
      stored.set(hash, content);
      return { $object: hash, bytes: content.byteLength, ...about };
    },
    get: async (ref) => find(ref.$object),
    text: (hash) => Buffer.from(find(hash)).toString('utf8'),
  };
}

export function createHarness(options: BuiltinOptions = {}): Harness {
  const builtins = createBuiltinAgents({ ...options, data: { size: 1, ...options.data } });
  const objects = memoryObjects();
  const logs: Harness['logs'] = [];
  const progress: number[] = [];
  const never = new AbortController().signal;
  return {
    objects,
    logs,
    progress,
    agents: builtins.agents,
    stop: builtins.stop,
    async run(capability, input, more = {}) {
      const agent = builtins.agents.find((one) => one.capabilities.includes(capability));
      if (!agent) throw new Error(`no agent for ${capability}`);
      const context: AssignmentContext = {
        signal: more.signal ?? never,
        log: (level, message) => logs.push({ level, message }),
        progress: (fraction) => progress.push(fraction),
        partial: () => {},
        objects,
      };
      const assignment = {
        taskId: taskId(RUN, 0),
        runId: RUN,
        epoch: 1,
        attempt: more.attempt ?? 1,
        stageKey: 'stage',
        capability,
        config: more.config ?? {},
        input,
        parameters: more.parameters ?? {},
      };
      return (await agent.handle(assignment, context)) as JsonObject;
    },
  };
}

/** The failure that the promise ends with. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<{ code: string; errorClass: string; message: string; details?: JsonObject }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: string; errorClass: string; message: string };
  }
  throw new Error('It was expected to fail, and did not.');
}
