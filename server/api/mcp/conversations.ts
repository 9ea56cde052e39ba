import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { SignalboxError } from '#server/domain/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '#server/domain/json.ts';
import { type Askable, ELICITATION, type LogLine, type Progress } from '#server/domain/mcp.ts';
import type { Services } from '#server/services/context.ts';
import type { AskedClient } from './asked-client.ts';
import type { McpCall } from './call.ts';
import {
  ANSWER_MS,
  type Attached,
  createConversation,
  type Resume,
  type Talk,
  type Turn,
} from './conversation.ts';
import { invalidParams } from './errors.ts';
import type { RequestContext } from './request-context.ts';

export interface Conversed<Result> {
  context: RequestContext;
  client: AskedClient;
  /** What is asked for: an answer is only taken with the request that it belongs to. */
  about: Json;
  work(talk: Talk): Promise<Result>;
}

/** For another process. */
const WORK = 'resume';
const MAX_OF_ONE = 32;
const MAX_OF_ALL = 1000;

/** A request that comes again, with what it answers. */
interface Resumed {
  owner: string;
  digest: string;
  state: string;
  answers: Json | undefined;
}

type Relay = Services['gateway']['relay'];

interface Waiting {
  owner: string;
  digest: string;
  resume: Resume<unknown>;
}

const ownerOf = ({ actor }: McpCall): string => `${actor.orgId}/${actor.kind}:${actor.id}`;

const digestOf = (about: Json): string =>
  createHash('sha256').update(canonicalJson(about)).digest('base64url');

/**
 * Work in whose middle the client is asked something. A client of the old generation is sent the question while its
 * request waits. One of the new generation is answered with the question, and comes again with what was said: until
 * then the work waits here, under a name that nobody guesses, that holds once and for the same caller and request.
 */
export function createConversations(relay: Relay) {
  const waiting = new Map<string, Waiting>();

  function park(entry: Waiting): string {
    const own = [...waiting.values()].filter(({ owner }) => owner === entry.owner).length;
    if (own >= MAX_OF_ONE || waiting.size >= MAX_OF_ALL) throw tooMany();
    const state = `${relay.id}.${randomBytes(24).toString('base64url')}`;
    waiting.set(state, entry);
    return state;
  }

  function turnOf<Result>(
    call: McpCall,
    from: Attached,
    { context: { mcpReq }, client, about, work }: Conversed<Result>,
  ): Promise<Turn<Result>> {
    const owner = ownerOf(call);
    const state = mcpReq.requestState<string>();
    if (state === undefined) {
      const conversation = createConversation<Result>({
        client,
        early: mcpReq.inputResponses,
        // Most calls are asked nothing, and need none.
        park: (resume) => park({ owner, digest: digestOf(about), resume }),
        forget: (name) => waiting.delete(name),
      });
      return conversation.start(from, work);
    }
    const resumed = { owner, digest: digestOf(about), state, answers: mcpReq.inputResponses as Json };
    const [place = ''] = state.split('.');
    return (place === relay.id ? resume(resumed, from) : resumeElsewhere(place, resumed, from)) as Promise<
      Turn<Result>
    >;
  }

  async function resume({ owner, digest, state, answers }: Resumed, from: Attached): Promise<Turn<unknown>> {
    const found = waiting.get(state);
    if (found?.owner !== owner || found.digest !== digest) throw notWaiting();
    waiting.delete(state);
    return found.resume(answers, from);
  }

  /** The request came to another process than the one before. */
  async function resumeElsewhere(place: string, resumed: Resumed, from: Attached): Promise<Turn<unknown>> {
    const { signal, onProgress, onLog } = from;
    const order = { name: WORK, body: { ...resumed } as JsonObject };
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
    WORK,
    async (body, { signal, onTold }) =>
      (await resume(body as unknown as Resumed, {
        signal,
        onProgress: (progress) => onTold({ progress: { ...progress } as JsonObject }),
        onLog: (line) => onTold({ line: { ...line } }),
      })) as Json,
  );

  return {
    async converse<Result extends object>(
      call: McpCall,
      conversed: Conversed<Result>,
    ): Promise<Turn<Result>> {
      const { context, client, work } = conversed;
      await ready;
      const teller = createTeller(context);
      const signal = signalOf(call, context);
      const { onProgress, onLog } = teller;
      const turn = client.isNew
        ? await turnOf(call, { signal, onProgress, onLog }, conversed)
        : await work({
            ...{ signal, onProgress, askable: { ...client, ask: askOld(context, signal) } },
            log: { level: client.logLevel, tell: onLog },
          });
      // How far it came is heard before that it is there.
      await teller.told();
      return turn;
    },
  };
}

/** Called off by its client, or by the door: of a plain call both are one. */
function signalOf(call: McpCall, { mcpReq }: RequestContext): AbortSignal {
  return mcpReq.signal === call.signal ? call.signal : AbortSignal.any([mcpReq.signal, call.signal]);
}

export type Conversations = ReturnType<typeof createConversations>;

/** One after the other: people see one question at a time. */
function askOld({ mcpReq }: RequestContext, signal: AbortSignal): Askable['ask'] {
  return async (questions) => {
    const answers: [string, JsonObject][] = [];
    for (const [name, { method, params }] of Object.entries(questions)) {
      const isPage = method === ELICITATION && params.mode === 'url';
      const known = isPage ? { elicitationId: randomUUID(), ...params } : params;
      const limits = { signal, timeout: ANSWER_MS, maxTotalTimeout: ANSWER_MS };
      const answer = await mcpReq.send({ method, params: known } as never, limits);
      answers.push([name, answer as unknown as JsonObject]);
    }
    return Object.fromEntries(answers);
  };
}

/** Tells the client of the work on its request, in order. */
function createTeller({ mcpReq }: RequestContext) {
  const progressToken = mcpReq._meta?.progressToken;
  let told: Promise<void> | undefined;
  const say = (work: () => Promise<void>) => {
    // Whoever has gone hears nothing more, which is no trouble.
    told = (told ?? Promise.resolve()).then(work).catch(() => undefined);
  };
  return {
    onProgress:
      progressToken === undefined
        ? undefined
        : (progress: Progress) =>
            say(() =>
              mcpReq.notify({ method: 'notifications/progress', params: { ...progress, progressToken } }),
            ),
    // The library leaves out what the client has not asked for.
    onLog: ({ level, data, logger }: LogLine) => say(() => mcpReq.log(level, data, logger)),
    told: () => told,
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
