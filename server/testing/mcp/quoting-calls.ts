import { until } from '../faults/until.ts';
import type { TestServer } from '../http.ts';
import { startUpstream, type TestUpstream, text, tool } from '../mcp-upstream.ts';

/** Runs whose stage calls a tool that repeats what it is given wherever a server can. */
export interface QuotingCalls extends AsyncDisposable {
  connection: string;
  pipelines: string[];
  /** By what has become of them: two go on waiting for people. */
  runs: Record<'asked' | 'answered' | 'broken' | 'held', string>;
  question: string;
  /** One more that waits for people, for whoever decides. Answers with its approval. */
  hold(): Promise<string>;
}

const quote = (args: unknown): string => JSON.stringify(args);
const WORDS = { type: 'object', properties: { words: { type: 'string' } } };

function startQuoting(): Promise<TestUpstream> {
  return startUpstream([
    tool('ask', (args, { mcpReq }) => {
      const answer = mcpReq.inputResponses?.q;
      if (answer) return text(quote([args, answer]));
      const params = { mode: 'form', message: `Pay with ${quote(args)}?`, requestedSchema: WORDS };
      return {
        resultType: 'input_required',
        inputRequests: { q: { method: 'elicitation/create', params } },
        requestState: quote(args),
      };
    }),
    tool('break', (args) => {
      throw new Error(`It broke at ${quote(args)}.`);
    }),
    tool('charge', (args) => text(quote(args))),
  ]);
}

/** All that the stage is given and makes is marked; `input_data` is what each run is given. */
export async function startQuotingCalls(
  { call }: Pick<TestServer, 'call'>,
  input_data: { card: string },
): Promise<QuotingCalls> {
  const upstream = await startQuoting();
  const ask = async (path: string, body?: object) => {
    const answer = await call(`/api/v1${path}`, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const { connection_id: connection } = await ask('/mcp/connect', { slug: 'shop', url: upstream.url });
  const { tools } = await ask(`/mcp/connections/${connection}/tools`);
  const wanted = tools.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash }));
  await ask(`/mcp/connections/${connection}/tools/approve`, { tools: wanted });
  await ask('/mcp/rules', {
    effect: 'ask',
    who: { kind: 'everybody' },
    connection_id: connection,
    tool: 'charge',
  });

  const pipelines: string[] = [];
  async function start(name: string): Promise<string> {
    const stage = {
      ...{ name: 'call', type: 'mcp-tool', config: { connection: 'shop', tool: name } },
      ...{ retry: { maxAttempts: 1 }, sensitive: { input: true, output: true } },
    };
    const { id } = await ask('/pipelines', { name: `shop ${pipelines.length}`, stages: [stage] });
    pipelines.push(id);
    return (await ask(`/pipelines/${id}/execute`, { input_data })).id;
  }
  const ended = (id: string) =>
    until('the run has ended', async () => (await ask(`/runs/${id}`)).finished_at);
  const waiting = (what: 'questions' | 'approvals', run: string): Promise<string> =>
    until('people are asked', async () => {
      const [found] = (await ask(`/mcp/${what}?state=asked&run_id=${run}`))[what];
      return found?.id;
    });

  const answered = await start('ask');
  const content = { words: input_data.card };
  await ask(`/mcp/questions/${await waiting('questions', answered)}/answer`, {
    answers: { q: { action: 'accept', content } },
  });
  const broken = await start('break');
  await Promise.all([answered, broken].map(ended));
  const [asked, held] = [await start('ask'), await start('charge')];
  await waiting('approvals', held);
  return {
    ...{ connection, pipelines, runs: { asked, answered, broken, held } },
    question: await waiting('questions', asked),
    hold: async () => waiting('approvals', await start('charge')),
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
