import { ProtocolError } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import type { QuestionPart, Questions } from '#server/domain/mcp.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { callGatewayTool } from '#server/services/mcp/call.ts';
import { type answersSchema, saidTo } from '#server/services/mcp/said.ts';
import { createTurns, type Relay } from './turns.ts';

type CallAnswer = Awaited<ReturnType<typeof callGatewayTool>>;

interface AnsweredCall {
  input: { server?: string | undefined; tool: string; arguments?: JsonObject | undefined };
  /** The name under which the call waits; undefined: it begins. */
  state: string | undefined;
  answers: z.output<typeof answersSchema> | undefined;
  signal: AbortSignal;
}

/** What is asked before there is an answer, and the name under which the call waits for what is said to it. */
export interface AskedInCall {
  parts: QuestionPart[];
  state: string;
}

/** Somebody before a form: no model and no folders of theirs are lent. */
const PERSON = {
  ...{ isNew: true, canFill: true, canOpen: true, canSample: false, canListRoots: false },
  logLevel: undefined,
};

/** One for the calls of a process: an answer must find the call that it belongs to. */
const made = new WeakMap<Relay, ReturnType<typeof createTurns>>();

function turnsOf(relay: Relay): ReturnType<typeof createTurns> {
  const known = made.get(relay) ?? createTurns(relay, { name: 'answer call', check: checkSaid });
  made.set(relay, known);
  return known;
}

const partsOf = (questions: Questions): QuestionPart[] =>
  Object.entries(questions).map(([name, { params }]) => ({ name, params }));

function checkSaid(questions: Questions, answers: Json | undefined): void {
  saidTo(partsOf(questions), (answers ?? {}) as z.output<typeof answersSchema>);
}

/** A call as a plain request, whose caller answers what the server asks by making it again with the answers. */
export async function callWithAnswers(
  { services, actor }: { services: Services; actor: Actor },
  { input, state, answers, signal }: AnsweredCall,
): Promise<CallAnswer | AskedInCall> {
  const { server = null, tool, arguments: args = {} } = input;
  const turns = turnsOf(services.gateway.relay);
  try {
    const turn = await turns.take<CallAnswer>(
      {
        ...{ owner: `${actor.orgId}/${actor.kind}:${actor.id}`, about: [server, tool, args], client: PERSON },
        ...{ state, answers: answers as Json | undefined },
        work: (talk) =>
          callGatewayTool(services, actor, {
            ...{ input, door: 'api', signal: talk.signal, askable: talk.askable },
          }),
      },
      { signal },
    );
    return isAsked(turn) ? toAsked(turn) : (turn as CallAnswer);
  } catch (error) {
    if (error instanceof ProtocolError)
      throw new SignalboxError('CONFLICT', error.message, { advice: 'Call it again.' });
    throw error;
  }
}

const isAsked = (turn: object): turn is { inputRequests: JsonObject; requestState: string } =>
  'resultType' in turn && turn.resultType === 'input_required';

function toAsked({
  inputRequests,
  requestState,
}: {
  inputRequests: JsonObject;
  requestState: string;
}): AskedInCall {
  const parts = Object.entries(inputRequests).map(([name, asked]): QuestionPart => {
    const params = isJsonObject(asked) ? asked.params : null;
    return { name, params: isJsonObject(params) ? params : {} };
  });
  return { parts, state: requestState };
}
