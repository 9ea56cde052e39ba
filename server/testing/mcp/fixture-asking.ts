import { randomBytes } from 'node:crypto';
import {
  createRequestStateCodec,
  type ElicitRequestFormParams,
  type ElicitResult,
  type InputRequest,
  type InputRequiredResult,
  ProtocolError,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { RequestContext } from '#server/api/mcp/request-context.ts';
import type { ServedTool } from '#server/api/mcp/served.ts';
import { fixtureTool, says, text } from './fixture-tool.ts';

/** Tools of the conformance suite that ask their caller something before they answer. */

type Form = ElicitRequestFormParams['requestedSchema'];

const schemaOf = (name: string): Form => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
});
const YES_OR_NO: Form = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };

const elicit = (message: string, requestedSchema: Form): InputRequest => ({
  method: 'elicitation/create',
  params: { message, requestedSchema },
});

const sample = (words: string, maxTokens: number): InputRequest => ({
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens },
});

const ROOTS: InputRequest = { method: 'roots/list', params: {} };

export const asks = (
  inputRequests: InputRequiredResult['inputRequests'],
  requestState?: string,
): InputRequiredResult => ({
  resultType: 'input_required',
  inputRequests,
  ...(requestState === undefined ? {} : { requestState }),
});

/** An answer that has the fields it was asked for; anything else is asked for again. */
export function answerTo({ mcpReq }: RequestContext, key: string, field: string): unknown {
  const answer = mcpReq.inputResponses?.[key] as { content?: Record<string, unknown> } | undefined;
  const found = answer?.content?.[field] ?? (answer as Record<string, unknown> | undefined)?.[field];
  return found;
}

const codec = createRequestStateCodec<{ round: number }>({ key: randomBytes(32) });

/** The state that the caller has carried for us; an error of the protocol when it is none of ours. */
async function stateOf(context: RequestContext): Promise<{ round: number } | undefined> {
  const state = context.mcpReq.requestState<string>();
  if (state === undefined) return undefined;
  return codec.verify(state, context as ServerContext).catch(() => {
    throw new ProtocolError(-32_602, 'Invalid or expired requestState');
  });
}

/** Asks as the generation of the client has it: by a request on its session, or by a result that it answers. */
function inEither(
  { mcpReq }: RequestContext,
  request: InputRequest,
  work: (answer: Record<string, unknown>) => ReturnType<typeof says>,
): Promise<ReturnType<typeof says> | InputRequiredResult> | InputRequiredResult | ReturnType<typeof says> {
  if (mcpReq.envelope === undefined) return mcpReq.send(request as never).then((answer) => work(answer));
  const answer = mcpReq.inputResponses?.asked as Record<string, unknown> | undefined;
  return answer ? work(answer) : asks({ asked: request });
}

const pushing = [
  fixtureTool(
    'test_sampling',
    ({ prompt }, context) =>
      inEither(context, sample(String(prompt), 100), ({ content }) =>
        says(text(`LLM response: ${JSON.stringify(content)}`)),
      ),
    { prompt: { type: 'string' } },
  ),
  fixtureTool(
    'test_elicitation',
    ({ message }, context) => {
      const properties = { username: { type: 'string' }, email: { type: 'string' } } as const;
      const form: Form = { type: 'object', properties, required: ['username', 'email'] };
      return inEither(context, elicit(String(message), form), ({ action, content }) =>
        says(text(`User response: action: ${action}, content: ${JSON.stringify(content)}`)),
      );
    },
    { message: { type: 'string' } },
  ),
  eliciting('test_elicitation_sep1034_defaults', {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  }),
  eliciting('test_elicitation_sep1330_enums', {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  }),
];

function titled(word: string) {
  return ['First', 'Second', 'Third'].map((title, at) => ({
    const: `value${at + 1}`,
    title: `${title} ${word}`,
  }));
}

function eliciting(name: string, properties: Form['properties']): ServedTool {
  const form: Form = { type: 'object', properties, required: [] };
  return fixtureTool(name, (_args, context) =>
    inEither(context, elicit('Please fill in the form.', form), (answer) => {
      const { action, content } = answer as unknown as ElicitResult;
      return says(text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`));
    }),
  );
}

const CAPITAL = sample('What is the capital of France?', 100);
const NAME = elicit('What is your name?', schemaOf('name'));

const returning = [
  fixtureTool('test_input_required_result_elicitation', (_args, context) => {
    const name = answerTo(context, 'user_name', 'name');
    return typeof name === 'string' ? says(text(`Hello, ${name}!`)) : asks({ user_name: NAME });
  }),
  fixtureTool('test_streaming_elicitation', () => asks({ user_name: NAME })),
  fixtureTool('test_input_required_result_sampling', (_args, context) => {
    const content = answerTo(context, 'capital_question', 'content');
    return content === undefined
      ? asks({ capital_question: CAPITAL })
      : says(text(`The answer was ${JSON.stringify(content)}.`));
  }),
  fixtureTool('test_input_required_result_list_roots', (_args, context) => {
    const roots = answerTo(context, 'client_roots', 'roots');
    return Array.isArray(roots)
      ? says(text(`The roots are ${JSON.stringify(roots)}.`))
      : asks({ client_roots: ROOTS });
  }),
  fixtureTool('test_input_required_result_capabilities', (_args, { mcpReq }) => {
    const has = mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities' as never] as
      | { sampling?: object; elicitation?: object }
      | undefined;
    return asks({
      ...(has?.elicitation ? { user_name: NAME } : {}),
      ...(has?.sampling ? { capital_question: CAPITAL } : {}),
    });
  }),
];

const remembering = [
  stateful('test_input_required_result_request_state', async (context, state) =>
    state
      ? says(text('state-ok'))
      : asks(
          { confirm: elicit('Please confirm', YES_OR_NO) },
          await codec.mint({ round: 1 }, context as ServerContext),
        ),
  ),
  stateful('test_input_required_result_tampered_state', async (context, state) =>
    state
      ? says(text('The state was as it should be.'))
      : asks(
          { confirm: elicit('Please confirm', YES_OR_NO) },
          await codec.mint({ round: 1 }, context as ServerContext),
        ),
  ),
  stateful('test_input_required_result_multiple_inputs', async (context, state) =>
    state
      ? says(text(`Answers: ${JSON.stringify(context.mcpReq.inputResponses)}`))
      : asks(
          { user_name: NAME, greeting: sample('Generate a greeting', 50), client_roots: ROOTS },
          await codec.mint({ round: 1 }, context as ServerContext),
        ),
  ),
  stateful('test_input_required_result_multi_round', async (context, state) => {
    if (state?.round === 2) return says(text('All rounds are done.'));
    if (state?.round === 1) {
      const step2 = elicit('Step 2: What is your favorite color?', schemaOf('color'));
      return asks({ step2 }, await codec.mint({ round: 2 }, context as ServerContext));
    }
    const step1 = elicit('Step 1: What is your name?', schemaOf('name'));
    return asks({ step1 }, await codec.mint({ round: 1 }, context as ServerContext));
  }),
];

function stateful(
  name: string,
  handle: (
    context: RequestContext,
    state: { round: number } | undefined,
  ) => Promise<ReturnType<typeof says> | InputRequiredResult>,
): ServedTool {
  return fixtureTool(name, async (_args, context) => handle(context, await stateOf(context)));
}

export const askingTools: readonly ServedTool[] = [...pushing, ...returning, ...remembering];
