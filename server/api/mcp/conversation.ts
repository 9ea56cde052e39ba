import type { InputRequiredResult } from '@modelcontextprotocol/server';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import {
  type Answers,
  type Askable,
  ELICITATION,
  type LogEar,
  type LogLine,
  type Progress,
  type Question,
  type Questions,
} from '#server/domain/mcp.ts';
import type { After } from '#server/platform/after.ts';
import type { AskedClient } from './asked-client.ts';

/** What work needs of the client that waits for it. */
export interface Talk {
  signal: AbortSignal;
  askable: Askable;
  onProgress?: ((progress: Progress) => void) | undefined;
  log?: LogEar | undefined;
}

/** The request that waits right now. */
export interface Attached {
  signal: AbortSignal;
  onProgress?: Talk['onProgress'];
  onLog?: ((line: LogLine) => void) | undefined;
}

/** Takes the answers, as far as there are any, and has the request that brought them wait for what comes next. */
export type Resume<Result> = (answers: unknown, from: Attached) => Promise<Turn<Result>>;

export type Turn<Result> = Result | InputRequiredResult;

/** So long people may think. */
export const ANSWER_MS = 10 * 60_000;

interface Places<Result> {
  client: AskedClient;
  /** Came with the first request, for what is going to be asked. */
  early: unknown;
  /** Keeps the place where the work waits, and answers with its name. */
  park(resume: Resume<Result>, questions: Questions): string;
  forget(state: string): void;
  after: After;
}

/** Work for a client of the new generation, from its first request over those that bring answers to the result. */
export function createConversation<Result>({ client, early, park, forget, after }: Places<Result>) {
  const stop = new AbortController();
  let attached: Attached | undefined;
  let turn = freshTurn<Result>();
  let asking: Promise<unknown> = Promise.resolve();
  let untaken = early;

  /** A request that is called off while it waits calls off the work; one that was answered is over. */
  function attach(next: Attached): Promise<Turn<Result>> {
    attached = next;
    const giveUp = () => stop.abort(next.signal.reason);
    next.signal.addEventListener('abort', giveUp);
    if (next.signal.aborted) giveUp();
    return turn.promise.finally(() => next.signal.removeEventListener('abort', giveUp));
  }

  /** Answers the request that waits with the questions. */
  function askNow(questions: Questions): Promise<Answers> {
    const answer = Promise.withResolvers<Answers>();
    const state = park((given, from) => {
      end();
      try {
        answer.resolve(answersTo(questions, given));
      } catch (error) {
        answer.reject(error);
      }
      return attach(from);
    }, questions);
    const leave = (reason: unknown) => {
      forget(state);
      end();
      answer.reject(reason);
    };
    const drop = () => leave(stop.signal.reason);
    const stopClock = after(ANSWER_MS, () => leave(notAnswered()));
    stop.signal.addEventListener('abort', drop);
    const end = () => {
      stopClock();
      stop.signal.removeEventListener('abort', drop);
    };
    const asked = turn;
    turn = freshTurn<Result>();
    attached = undefined;
    asked.resolve(toInputRequired(questions, state));
    return answer.promise;
  }

  /** Nobody is asked for what they have said unasked; that holds once. */
  async function askWhatIsOpen(questions: Questions): Promise<Answers> {
    const known = ownAnswers(questions, untaken);
    const open = Object.entries(questions).filter(([name]) => !Object.hasOwn(known, name));
    untaken = undefined;
    return open.length === 0 ? known : { ...known, ...(await askNow(Object.fromEntries(open))) };
  }

  const askable: Askable = {
    ...client,
    // One time after the other, as there is one request to answer with them.
    ask(questions) {
      const mine = asking.then(() => askWhatIsOpen(questions));
      asking = mine.catch(() => undefined);
      return mine;
    },
  };

  return {
    start(first: Attached, work: (talk: Talk) => Promise<Result>): Promise<Turn<Result>> {
      const answer = attach(first);
      work({
        ...{ signal: stop.signal, askable },
        onProgress: (progress) => attached?.onProgress?.(progress),
        log: { level: client.logLevel, tell: (line) => attached?.onLog?.(line) },
      }).then(
        (result) => turn.resolve(result),
        (error) => turn.reject(error),
      );
      return answer;
    },
  };
}

function freshTurn<Result>() {
  const turn = Promise.withResolvers<Turn<Result>>();
  // Nobody may come again to hear how it ended.
  turn.promise.catch(() => undefined);
  return turn;
}

function toInputRequired(questions: Questions, requestState: string): InputRequiredResult {
  const inputRequests = Object.entries(questions).map(([name, { method, params }]) => {
    // Here the request that comes again says which answer it is.
    const { elicitationId: _, ...rest } = params;
    return [name, { method, params: rest }];
  });
  return { resultType: 'input_required', inputRequests: Object.fromEntries(inputRequests), requestState };
}

/** Of what came along, what is an answer to one of these. */
function ownAnswers(questions: Questions, given: unknown): Answers {
  if (!isJsonObject(given)) return {};
  const answers = Object.keys(questions).flatMap((name): [string, JsonObject][] => {
    const answer = Object.hasOwn(given, name) ? given[name] : undefined;
    return isJsonObject(answer) ? [[name, answer]] : [];
  });
  return Object.fromEntries(answers);
}

function answersTo(questions: Questions, given: unknown): Answers {
  const known = ownAnswers(questions, given);
  const all = Object.entries(questions).map(([name, question]) => [
    name,
    known[name] ?? unanswered(question),
  ]);
  return Object.fromEntries(all);
}

/** A request that comes again without what it was asked for has not answered. */
function unanswered({ method }: Question): JsonObject {
  if (method === ELICITATION) return { action: 'cancel' };
  throw new SignalboxError('INVALID', `What was asked with ${method} was not answered.`, {
    advice: 'Call it again, and answer all that is asked.',
  });
}

function notAnswered(): SignalboxError {
  return new SignalboxError('UNAVAILABLE', 'Nobody has answered within ten minutes.', {
    advice: 'Call it again.',
  });
}
