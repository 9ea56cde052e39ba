import {
  type InputRequiredResult,
  isInputRequiredResult,
  type RequestOptions,
} from '@modelcontextprotocol/client';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { ELICITATION, SAMPLING } from '#server/domain/mcp.ts';
import type { Hear } from './asking.ts';
import type { CallOptions } from './call-options.ts';
import { OUR_REFUSAL } from './questions.ts';

/** So often a server of the new generation may come back with a question. */
const MAX_ROUNDS = 10;
const MAX_STATE = 65_536;
const MAX_AT_ONCE = 8;

type Answers = { inputResponses?: never; requestState?: string };

/**
 * Sends, and sends again with what it asks for, until there is an answer. What the server of the new generation wants
 * to find again is carried back to it as it came.
 */
export async function withAnswers<Result>(
  { hear, signal }: Pick<CallOptions, 'hear' | 'signal'>,
  send: (answers: Answers) => Promise<Result | InputRequiredResult>,
): Promise<Result> {
  let answers: Answers = {};
  for (let round = 0; round <= MAX_ROUNDS; round += 1) {
    const result = await send(answers);
    if (!isInputRequiredResult(result)) return result;
    signal.throwIfAborted();
    answers = await answersTo(result, hear);
  }
  throw refusal(`The server has asked ${MAX_ROUNDS} times without an answer.`);
}

async function answersTo(
  { inputRequests = {}, requestState }: InputRequiredResult,
  hear: Hear,
): Promise<Answers> {
  if ((requestState?.length ?? 0) > MAX_STATE) throw refusal('The server has more to remember than it may.');
  const asked = Object.entries(inputRequests);
  if (asked.length > MAX_AT_ONCE) throw refusal(`The server asks more than ${MAX_AT_ONCE} things at once.`);
  const inputResponses: Record<string, JsonObject> = {};
  // One after the other: people see one question at a time, and the first that is refused ends it.
  for (const [key, request] of asked) inputResponses[key] = await answerTo(request, hear);
  return {
    ...(asked.length === 0 ? {} : { inputResponses: inputResponses as never }),
    ...(requestState === undefined ? {} : { requestState }),
  };
}

function answerTo(request: unknown, hear: Hear): Promise<JsonObject> {
  const { method, params } = isJsonObject(request) ? request : {};
  if (method === ELICITATION || method === SAMPLING) return hear(method, params);
  throw refusal(
    method === 'roots/list'
      ? 'The server asks for roots: folders of its caller, which are passed on to nobody.'
      : 'The server asks for something that is not known here.',
  );
}

function refusal(message: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', message, { details: OUR_REFUSAL });
}

/** People take their time: how long a call may take is watched by whoever made it. */
const LONGEST_MS = 24 * 3_600_000;

export const limitsOf = ({ signal, onProgress }: CallOptions): RequestOptions => ({
  ...{ signal, timeout: LONGEST_MS, maxTotalTimeout: LONGEST_MS, allowInputRequired: true },
  ...(onProgress ? { onprogress: onProgress } : {}),
});
