import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { type Askable, ELICITATION, type LogLine, type Progress } from '#server/domain/mcp.ts';
import type { After } from '#server/platform/after.ts';
import type { AskedClient } from './asked-client.ts';
import type { McpCall } from './call.ts';
import { ANSWER_MS, type Talk, type Turn } from './conversation.ts';
import type { RequestContext } from './request-context.ts';
import { createTurns, type Relay } from './turns.ts';

export interface Conversed<Result> {
  context: RequestContext;
  client: AskedClient;
  /** What is asked for: an answer is only taken with the request that it belongs to. */
  about: Json;
  work(talk: Talk): Promise<Result>;
}

const ownerOf = ({ actor }: McpCall): string => `${actor.orgId}/${actor.kind}:${actor.id}`;

/**
 * Work in whose middle the client is asked something. A client of the old generation is sent the question while its
 * request waits. One of the new generation is answered with the question, and comes again with what was said.
 */
export function createConversations(relay: Relay, after?: After) {
  const turns = createTurns(relay, { name: 'resume', after });
  return {
    async converse<Result extends object>(
      call: McpCall,
      { context, client, about, work }: Conversed<Result>,
    ): Promise<Turn<Result>> {
      const { mcpReq } = context;
      const teller = createTeller(context);
      const signal = signalOf(call, context);
      const { onProgress, onLog } = teller;
      const turn = client.isNew
        ? await turns.take(
            {
              ...{ owner: ownerOf(call), about, client, work, state: mcpReq.requestState<string>() },
              answers: mcpReq.inputResponses as Json | undefined,
            },
            { signal, onProgress, onLog },
          )
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
