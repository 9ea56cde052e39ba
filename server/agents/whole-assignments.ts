import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskError } from '#server/domain/engine/events.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { AgentFailure, type AgentHandler } from './agent.ts';
import { bytesBehind, type Payloads } from './payloads.ts';

interface Given {
  input: Json;
  parameters: JsonObject;
}

/**
 * What an agent works with must be the value. Messages of a broker carry a reference in place of a large one; whoever
 * is called, or comes for its work over HTTP, gets it whole.
 */
export interface WholeAssignments {
  /** As they are when nothing in them is large. A promise that rejects: the store is away. */
  fill<Assignment extends Given>(assignment: Assignment): Filled<Assignment> | Promise<Filled<Assignment>>;
  /** What filling them would bring, by what the references say. */
  bytesBehind(assignment: Given): number;
  /** No answer should bring more. */
  readonly maxBytes: number;
}

export type Filled<Assignment> = { ok: true; assignment: Assignment } | { ok: false; error: TaskError };

/** Where there is no object store, nothing is large. */
export const ALWAYS_WHOLE: WholeAssignments = {
  fill: (assignment) => ({ ok: true, assignment }),
  bytesBehind: () => 0,
  maxBytes: Number.POSITIVE_INFINITY,
};

export function createWholeAssignments(payloads: Payloads): WholeAssignments {
  async function fillLarge<Assignment extends Given>(
    assignment: Assignment,
    parts: Promise<[Json, Json]>,
  ): Promise<Filled<Assignment>> {
    try {
      const [input, parameters] = await parts;
      return { ok: true, assignment: { ...assignment, input, parameters: parameters as JsonObject } };
    } catch (error) {
      const message = payloads.whyUnreadable([assignment.input, assignment.parameters], error);
      if (message === null) throw error;
      return { ok: false, error: { class: 'invalid-input', code: 'INPUT_UNREADABLE', message } };
    }
  }
  return {
    fill(assignment) {
      const { input, parameters } = assignment;
      if (bytesBehind([input, parameters]) === 0) return { ok: true, assignment };
      // One budget for both.
      const parts = Promise.resolve(payloads.expand([input, parameters])) as Promise<[Json, Json]>;
      return fillLarge(assignment, parts);
    },
    bytesBehind: ({ input, parameters }) => bytesBehind([input, parameters]),
    maxBytes: payloads.maxBytes,
  };
}

const LOOK_AGAIN_MS = 1000;

/** Our own agents wait while the store is away: they hold the lease, and it is not their failure. */
export function withWholeInput(handle: AgentHandler, whole: WholeAssignments): AgentHandler {
  return (assignment, context) => {
    const filled = whole.fill(assignment);
    if (!(filled instanceof Promise)) return work(filled);
    return wait(filled);

    function work(result: Filled<typeof assignment>) {
      if (result.ok) return handle(result.assignment, context);
      const { class: errorClass, code, message } = result.error;
      throw new AgentFailure(errorClass, code, message);
    }

    async function wait(first: Promise<Filled<typeof assignment>>) {
      for (let filling = first; ; filling = Promise.resolve(whole.fill(assignment))) {
        const result = await filling.catch((error: unknown) => {
          context.log('warn', `The object store does not answer: ${String(error)}`);
          return null;
        });
        if (result) return work(result);
        await sleep(LOOK_AGAIN_MS, undefined, { signal: context.signal });
      }
    }
  };
}
