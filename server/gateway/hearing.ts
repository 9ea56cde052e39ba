import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type JsonObject, measureJson } from '#server/domain/json.ts';
import type { Question } from '#server/domain/mcp.ts';
import { ELICITATION, SAMPLING } from '#server/domain/mcp.ts';
import type { Bucket, Drawn } from '#server/redis/port.ts';
import type { Hear } from './asking.ts';
import type { CallRequest } from './call-request.ts';
import { rateSubject } from './caller.ts';
import type { Deadline } from './deadline.ts';
import { ANSWER, checkAskable, isOurRefusal, OUR_REFUSAL, refused, toQuestion } from './questions.ts';
import { judge, maySample } from './rules.ts';

export interface HearingOptions {
  deadline: Deadline;
  takeRate(subject: string, bucket: Bucket): Promise<Drawn>;
  /** Gives back the place of the call among those that are under way. */
  leave(): void;
}

const MINUTE_MS = 60_000;
/** Within one call. */
const MAX_QUESTIONS = 16;

/**
 * Hears what a server asks in the middle of a call: judges it by the rules, passes it on with its sender's name, and
 * brings the answer back. A question that may not be asked ends the call, which says why.
 */
export function createHearing(request: CallRequest, options: HearingOptions): Hear {
  const { caller, directory, tool, askable } = request;
  const { connection } = tool;
  const { deadline, takeRate, leave } = options;
  let questions = 0;

  async function admit(question: Question): Promise<void> {
    questions += 1;
    if (questions > MAX_QUESTIONS)
      throw refused(connection, `asks more than ${MAX_QUESTIONS} times in one call`);
    const { method } = question;
    const isAllowed =
      method === SAMPLING
        ? maySample(directory.rules, caller, connection.id)
        : judge(directory.rules, caller, { connectionId: connection.id, tool: ELICITATION }).effect !==
          'deny';
    if (!isAllowed) {
      throw refused(
        connection,
        method === SAMPLING
          ? 'asks for the language model of its caller, which no rule allows'
          : 'asks its caller something, which a rule forbids',
      );
    }
    const bucket = { size: connection.callsPerMinute, windowMs: MINUTE_MS };
    const drawn = await takeRate(`${connection.id}:${method}:${rateSubject(caller)}`, bucket);
    if (!drawn.isTaken) throw refused(connection, 'asks more often than it may be called');
  }

  function unasked(error: unknown): unknown {
    if (request.signal.aborted || isOurRefusal(error)) return error;
    if (error instanceof SignalboxError) {
      const { code, message, advice } = error;
      return new SignalboxError(code, message, { ...(advice ? { advice } : {}), details: OUR_REFUSAL });
    }
    const words = error instanceof Error ? error.message : String(error);
    return refused(connection, `has asked something, and the caller did not answer: ${words.slice(0, 300)}`);
  }

  async function pass(method: Question['method'], params: unknown): Promise<JsonObject> {
    const question = toQuestion(method, params, connection);
    await admit(question);
    checkAskable(question, askable, connection);
    deadline.pause();
    // Whoever waits for people holds up nobody else.
    leave();
    try {
      return checkAnswer(await askable.ask(question).catch((error) => Promise.reject(unasked(error))));
    } finally {
      deadline.resume();
    }
  }

  return async (method, params) => {
    try {
      return await pass(method, params);
    } catch (error) {
      deadline.end(error);
      throw error;
    }
  };
}

function checkAnswer(given: unknown): JsonObject {
  if (isJsonObject(given) && measureJson(given, ANSWER).ok) return given;
  throw new SignalboxError('INVALID', 'The answer to what the server asked cannot be passed on.', {
    advice: 'Answer in the form that was asked for, and not at such length.',
    details: OUR_REFUSAL,
  });
}
