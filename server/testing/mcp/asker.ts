import { type InputRequiredResult, Server, type ServerContext } from '@modelcontextprotocol/server';
import type { Generation } from '#server/domain/mcp.ts';
import { type OneGeneration, startGeneration } from '../mcp-two-generations.ts';
import { text } from '../mcp-upstream.ts';

/** The name of the one thing that it asks. */
export const WHERE = 'answer';

const CITY = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 2 } },
  required: ['city'],
};

const asks = (method: string, params: object, requestState?: string): InputRequiredResult =>
  ({
    resultType: 'input_required',
    inputRequests: { [WHERE]: { method, params } },
    ...(requestState === undefined ? {} : { requestState }),
  }) as never;
const form = (message: string) => ({ mode: 'form', message, requestedSchema: CITY });
const PAGE = { mode: 'url', message: 'Sign here', url: 'https://example.org/sign', elicitationId: 'e-1' };
const PROMPT = { messages: [{ role: 'user', content: { type: 'text', text: 'What?' } }], maxTokens: 10 };

type Act = (context: ServerContext, answer: unknown) => object;
const once =
  (method: string, params: object): Act =>
  (_context, answer) =>
    answer ? text(JSON.stringify(answer)) : asks(method, params, 'on the way');

/** The same as `travel`, and says of itself that it may be called twice. */
export const REPEATABLE = 'travel-again';

const ACTS: Readonly<Record<string, Act>> = {
  travel: once('elicitation/create', form('Where to?')),
  [REPEATABLE]: once('elicitation/create', form('Where to?')),
  open: once('elicitation/create', PAGE),
  think: once('sampling/createMessage', PROMPT),
  twice({ mcpReq }, answer) {
    const state = mcpReq.requestState<string>();
    if (state === 'second') return text(JSON.stringify(answer));
    return state === 'first'
      ? asks('elicitation/create', form('And then?'), 'second')
      : asks('elicitation/create', form('Where to?'), 'first');
  },
};

/** An MCP server of one generation whose tools ask something before they answer. */
export const startAsker = (generation: Generation): Promise<OneGeneration> =>
  startGeneration(generation, () => {
    const server = new Server({ name: 'asker', version: '1' }, { capabilities: { tools: {} } });
    const tools = Object.keys(ACTS).map((name) => ({
      ...{ name, inputSchema: { type: 'object' as const } },
      ...(name === REPEATABLE ? { annotations: { idempotentHint: true } } : {}),
    }));
    server.setRequestHandler('tools/list', () => ({ tools }));
    server.setRequestHandler('tools/call', async ({ params }, context) => {
      const act = ACTS[params.name];
      return (act?.(context, context.mcpReq.inputResponses?.[WHERE]) ??
        text('There is no such tool.')) as never;
    });
    return server;
  });
