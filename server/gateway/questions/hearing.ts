import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type JsonObject, measureJson } from '#server/domain/json.ts';
import type { Answers, Carried, Question } from '#server/domain/mcp.ts';
import type { Bucket, Drawn } from '#server/redis/port.ts';
import { isOurRefusal, OUR_REFUSAL, refused } from '../refusals.ts';
import { rateSubject } from '../tenant/caller.ts';
import { isRepeatable } from '../tenant/definitions.ts';
import { type CallOf, checkAskable, checkRules } from './askable.ts';
import type { Asked, Hear } from './asking.ts';
import { ANSWER, senderOf, toQuestion } from './questions.ts';

export interface HearingOptions {
  /** Of the call. It stands still while people think. */
  deadline: { pause(): void; resume(): void; end(reason: unknown): void };
  takeRate(subject: string, bucket: Bucket): Promise<Drawn>;
  /** Gives back the place of the call among those that are under way. */
  leave(): void;
}

const MINUTE_MS = 60_000;
/** Within one call. */
const MAX_QUESTIONS = 16;

/**
 * Hears what a server asks in the middle of a call: judges it by the rules, passes it on with its sender's name, and
 * brings the answers back. A question that may not be asked ends the call, which says why.
 */
export function createHearing(request: CallOf & { signal: AbortSignal }, options: HearingOptions): Hear {
  const { caller, tool, askable } = request;
  const { connection } = tool;
  const { deadline, takeRate, leave } = options;
  let questions = 0;

  async function admit({ method }: Question): Promise<void> {
    questions += 1;
    if (questions > MAX_QUESTIONS)
      throw refused(connection, `asks more than ${MAX_QUESTIONS} times in one call`);
    checkRules(request, method);
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

  /** The first that may not be asked ends it, before anybody is asked anything. */
  async function pass(asked: Asked, carried?: Carried): Promise<Answers> {
    const passed: [string, Question][] = [];
    for (const [name, { method, params }] of Object.entries(asked)) {
      const question = toQuestion(method, params, connection);
      await admit(question);
      passed.push([name, question]);
    }
    for (const [, question] of passed) checkAskable(question, askable, connection);
    deadline.pause();
    // Whoever waits for people holds up nobody else.
    leave();
    try {
      const about = {
        ...{ connectionUuid: connection.id, tool: tool.row.name, definitionHash: tool.row.pinnedHash },
        ...{
          isRepeatable: isRepeatable(tool.row.pinned),
          sender: senderOf(connection),
          carried: carried ?? null,
        },
      };
      const given = await askable?.ask(Object.fromEntries(passed), about).catch((error) => {
        throw unasked(error);
      });
      return Object.fromEntries(passed.map(([name]) => [name, checkAnswer(given, name)]));
    } finally {
      deadline.resume();
    }
  }

  return async (asked, carried) => {
    try {
      return await pass(asked, carried);
    } catch (error) {
      deadline.end(error);
      throw error;
    }
  };
}

function checkAnswer(given: Answers = {}, name: string): JsonObject {
  const answer = Object.hasOwn(given, name) ? given[name] : undefined;
  if (isJsonObject(answer) && measureJson(answer, ANSWER).ok) return answer;
  throw new SignalboxError('INVALID', 'The answer to what the server asked cannot be passed on.', {
    advice: 'Answer in the form that was asked for, and not at such length.',
    details: OUR_REFUSAL,
  });
}
