import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  isInputRequiredResult,
  LOG_LEVEL_META_KEY,
  type RequestOptions,
} from '@modelcontextprotocol/client';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject } from '#server/domain/json.ts';
import { type Answers, type Carried, ELICITATION, type Generation, isLoan } from '#server/domain/mcp.ts';
import type { Asked, Hear } from '../questions/asking.ts';
import { OUR_REFUSAL } from '../refusals.ts';
import type { CallOptions } from './call-options.ts';

/** So often a server of the new generation may come back with a question. */
const MAX_ROUNDS = 10;
const MAX_STATE = 65_536;
const MAX_AT_ONCE = 8;
const MAX_NAME = 128;

/** What goes with a request beside what is asked for. */
interface More {
  inputResponses?: never;
  requestState?: string;
  _meta?: Record<string, unknown>;
}

/**
 * Sends, and sends again with what it asks for, until there is an answer. What the server of the new generation wants
 * to find again is carried back to it as it came.
 */
export async function withAnswers<Result>(
  options: CallOptions,
  generation: Generation,
  send: (more: More) => Promise<Result | InputRequiredResult>,
): Promise<Result> {
  const meta = generation === '2026' ? { _meta: metaOf(options) } : {};
  const { resumed } = options;
  let more: More = resumed && generation === '2026' ? { ...meta, ...toMore(resumed.answers, resumed) } : meta;
  for (let round = 0; round <= MAX_ROUNDS; round += 1) {
    const result = await send(more);
    if (!isInputRequiredResult(result)) return result;
    options.signal.throwIfAborted();
    more = { ...meta, ...(await answersTo(result, options.hear)) };
  }
  throw refusal(`The server has asked ${MAX_ROUNDS} times without an answer.`);
}

/** A session is shared: what this caller can be asked and wants to hear is said with the call. */
function metaOf({ capabilities, log }: CallOptions): Record<string, unknown> {
  return {
    [CLIENT_CAPABILITIES_META_KEY]: capabilities,
    ...(log?.level === undefined ? {} : { [LOG_LEVEL_META_KEY]: log.level }),
  };
}

async function answersTo(
  { inputRequests = {}, requestState }: InputRequiredResult,
  hear: Hear,
): Promise<Omit<More, '_meta'>> {
  if ((requestState?.length ?? 0) > MAX_STATE) throw refusal('The server has more to remember than it may.');
  const asked = Object.entries(inputRequests);
  if (asked.length > MAX_AT_ONCE) throw refusal(`The server asks more than ${MAX_AT_ONCE} things at once.`);
  const carried = requestState === undefined ? {} : { requestState };
  return toMore(
    asked.length === 0 ? {} : await hear(Object.fromEntries(asked.map(toAsked)), carried),
    carried,
  );
}

function toMore(answers: Answers, { requestState }: Carried): Omit<More, '_meta'> {
  return {
    ...(Object.keys(answers).length === 0 ? {} : { inputResponses: answers as never }),
    ...(requestState === undefined ? {} : { requestState }),
  };
}

function toAsked([name, request]: [string, unknown]): [string, Asked[string]] {
  const { method, params } = isJsonObject(request) ? request : {};
  if (name.length > MAX_NAME) throw refusal('The server asks under a name that is too long.');
  if (typeof method === 'string' && (method === ELICITATION || isLoan(method)))
    return [name, { method, params }];
  throw refusal('The server asks for something that is not known here.');
}

function refusal(message: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', message, { details: OUR_REFUSAL });
}

/** People may take a day for each question: how long a call may take is watched by whoever made it. No timer holds longer. */
const LONGEST_MS = 2 ** 31 - 1;

export const limitsOf = ({ signal, onProgress }: CallOptions): RequestOptions => ({
  ...{ signal, timeout: LONGEST_MS, maxTotalTimeout: LONGEST_MS, allowInputRequired: true },
  ...(onProgress ? { onprogress: onProgress } : {}),
});
