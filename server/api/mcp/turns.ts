import { createHash, randomBytes } from 'node:crypto';
import { SignalboxError } from '#server/domain/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '#server/domain/json.ts';
import type { LogLine, Progress, Questions } from '#server/domain/mcp.ts';
import { type After, afterMs } from '#server/platform/after.ts';
import type { Services } from '#server/services/context.ts';
import type { AskedClient } from './asked-client.ts';
import { type Attached, createConversation, type Resume, type Talk, type Turn } from './conversation.ts';
import { invalidParams } from './errors.ts';

export type Relay = Services['gateway']['relay'];

/** A request: the first of some work, or one that comes again with what was said. */
export interface Taken<Result> {
  owner: string;
  /** What is asked for: an answer is only taken with the request that it belongs to. */
  about: Json;
  client: AskedClient;
  /** The name under which its work waits; undefined: it begins. */
  state: string | undefined;
  answers: Json | undefined;
  work(talk: Talk): Promise<Result>;
}

export interface TurnOptions {
  /** Apart from that of others, as the relay tells them apart by it. */
  name: string;
  /** Throws what cannot be passed on as an answer; the question waits on. */
  check?(questions: Questions, answers: Json | undefined): void;
  /** For tests, which do not wait. */
  after?: After | undefined;
}

const MAX_OF_ONE = 32;
const MAX_OF_ALL = 1000;

/** A request that comes again, with what it answers. */
interface Resumed {
  owner: string;
  digest: string;
  state: string;
  answers: Json | undefined;
}

interface Waiting {
  owner: string;
  digest: string;
  questions: Questions;
  resume: Resume<unknown>;
}

const digestOf = (about: Json): string =>
  createHash('sha256').update(canonicalJson(about)).digest('base64url');

/**
 * Between a question and its answer work waits here, under a name that nobody guesses, that holds once and for the same
 * caller and request. An answer that comes to another process is passed to the one where it waits.
 */
export function createTurns(relay: Relay, { name, check, after = afterMs }: TurnOptions) {
  const waiting = new Map<string, Waiting>();

  function park(entry: Waiting): string {
    const own = [...waiting.values()].filter(({ owner }) => owner === entry.owner).length;
    if (own >= MAX_OF_ONE || waiting.size >= MAX_OF_ALL) throw tooMany();
    const state = `${relay.id}.${randomBytes(24).toString('base64url')}`;
    waiting.set(state, entry);
    return state;
  }

  async function resume({ owner, digest, state, answers }: Resumed, from: Attached): Promise<Turn<unknown>> {
    const found = waiting.get(state);
    if (found?.owner !== owner || found.digest !== digest) throw notWaiting();
    check?.(found.questions, answers);
    waiting.delete(state);
    return found.resume(answers, from);
  }

  /** The request came to another process than the one before. */
  async function resumeElsewhere(place: string, resumed: Resumed, from: Attached): Promise<Turn<unknown>> {
    const { signal, onProgress, onLog } = from;
    const order = { name, body: { ...resumed } as JsonObject };
    const found = await relay.ask(place, order, {
      signal,
      onTold(news) {
        const { progress, line } = news as { progress?: Progress; line?: LogLine };
        if (progress) onProgress?.(progress);
        if (line) onLog?.(line);
      },
    });
    if (!found) throw notWaiting();
    return found.answer;
  }

  const ready = relay.serve(
    name,
    async (body, { signal, onTold }) =>
      (await resume(body as unknown as Resumed, {
        signal,
        onProgress: (progress) => onTold({ progress: { ...progress } as JsonObject }),
        onLog: (line) => onTold({ line: { ...line } }),
      })) as Json,
  );

  return {
    /** Resolves with the result, or with the next question. */
    async take<Result>(taken: Taken<Result>, from: Attached): Promise<Turn<Result>> {
      await ready;
      const { owner, about, client, state, answers, work } = taken;
      if (state === undefined) {
        const conversation = createConversation<Result>({
          ...{ client, early: answers, after },
          // Most calls are asked nothing, and need none.
          park: (resume, questions) => park({ owner, digest: digestOf(about), questions, resume }),
          forget: (given) => waiting.delete(given),
        });
        return conversation.start(from, work);
      }
      const resumed = { owner, digest: digestOf(about), state, answers };
      const [place = ''] = state.split('.');
      return (place === relay.id ? resume(resumed, from) : resumeElsewhere(place, resumed, from)) as Promise<
        Turn<Result>
      >;
    },
  };
}

const notWaiting = () =>
  invalidParams(
    'Nothing waits for this answer: it was given already, took too long, or is not yours to give.',
  );

function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', 'Too many calls wait for an answer already.', {
    advice: 'Answer what is asked, or let it go: it is given up after ten minutes.',
  });
}
