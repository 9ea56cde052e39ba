import type { InputRequiredResult } from '@modelcontextprotocol/server';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import type { Askable, Progress, Question } from '#server/domain/mcp.ts';
import type { AskedClient } from './asked-client.ts';

/** What work needs of the client that waits for it. */
export interface Talk {
  signal: AbortSignal;
  askable: Askable;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** The request that waits right now. */
export interface Attached {
  signal: AbortSignal;
  onProgress?: Talk['onProgress'];
}

/** Takes the answer, if there is one, and has the request that brought it wait for what comes next. */
export type Resume<Result> = (answer: Json | undefined, from: Attached) => Promise<Turn<Result>>;

export type Turn<Result> = Result | InputRequiredResult;

/** So long people may think. */
export const ANSWER_MS = 10 * 60_000;
export const ANSWER_KEY = 'answer';

interface Places<Result> {
  client: AskedClient;
  /** Keeps the place where the work waits, and answers with its name. */
  park(resume: Resume<Result>): string;
  forget(state: string): void;
}

/** Work for a client of the new generation, from its first request over those that bring answers to the result. */
export function createConversation<Result>({ client, park, forget }: Places<Result>) {
  const stop = new AbortController();
  let attached: Attached | undefined;
  let turn = freshTurn<Result>();
  let asking: Promise<unknown> = Promise.resolve();

  /** A request that is called off while it waits calls off the work; one that was answered is over. */
  function attach(next: Attached): Promise<Turn<Result>> {
    attached = next;
    const giveUp = () => stop.abort(next.signal.reason);
    next.signal.addEventListener('abort', giveUp);
    if (next.signal.aborted) giveUp();
    return turn.promise.finally(() => next.signal.removeEventListener('abort', giveUp));
  }

  /** Answers the request that waits with the question. */
  function askNow(question: Question): Promise<JsonObject> {
    const answer = Promise.withResolvers<JsonObject>();
    const state = park((given, from) => {
      end();
      // A request that comes again without what it was asked for has not answered.
      answer.resolve(isJsonObject(given) ? given : { action: 'cancel' });
      return attach(from);
    });
    const leave = (reason: unknown) => {
      forget(state);
      end();
      answer.reject(reason);
    };
    const drop = () => leave(stop.signal.reason);
    const late = setTimeout(() => leave(notAnswered()), ANSWER_MS);
    late.unref();
    stop.signal.addEventListener('abort', drop);
    const end = () => {
      clearTimeout(late);
      stop.signal.removeEventListener('abort', drop);
    };
    const asked = turn;
    turn = freshTurn<Result>();
    attached = undefined;
    asked.resolve(toInputRequired(question, state));
    return answer.promise;
  }

  const askable: Askable = {
    ...client,
    // One at a time, as there is one request to answer with it.
    ask(question) {
      const mine = asking.then(() => askNow(question));
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

function toInputRequired({ method, params }: Question, requestState: string): InputRequiredResult {
  // Here the request that comes again says which answer it is.
  const { elicitationId: _, ...rest } = params;
  return {
    resultType: 'input_required',
    inputRequests: { [ANSWER_KEY]: { method, params: rest } as never },
    requestState,
  };
}

function notAnswered(): SignalboxError {
  return new SignalboxError('UNAVAILABLE', 'Nobody has answered within ten minutes.', {
    advice: 'Call it again.',
  });
}
