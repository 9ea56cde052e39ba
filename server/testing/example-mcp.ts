import { setTimeout } from 'node:timers/promises';
import type { EXAMPLE } from '#server/api/operations/examples.ts';
import { askingTool, echoTool, startUpstream } from './mcp-upstream.ts';

type Name = Extract<keyof typeof EXAMPLE, `mcp${string}` | 'newSlug'>;
// biome-ignore lint/suspicious/noExplicitAny: bodies are read by a test, which fails when they are not as it says
type Post = (path: string, body: object) => Promise<any>;

interface Options {
  post: Post;
  /** The body of the answer, whatever its status. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  ask(path: string, body?: object): Promise<any>;
}

/** What examples about MCP servers speak of: a server of the test's own is behind them. */
export function makeMcpExamples({ post, ask }: Options): Record<Name, () => Promise<string>> {
  let count = 0;
  const newSlug = () => `example-${++count}`;
  const upstream = once(() =>
    startUpstream([echoTool('ask'), echoTool('ask_question'), askingTool('travel')]),
  );
  const connect = async () =>
    (await post('/mcp/connect', { slug: newSlug(), url: (await upstream()).url })).connection_id;
  const toolsOf = async (id: string) => (await ask(`/mcp/connections/${id}/tools`)).tools;
  async function approved(): Promise<string> {
    const id = await connect();
    const tools = (await toolsOf(id)).map(({ name, hash }: Record<string, string>) => ({ name, hash }));
    await post(`/mcp/connections/${id}/tools/approve`, { tools });
    return id;
  }
  const makeServer = async () => {
    const tools = [{ connection_id: await approved(), tool: 'ask', name: 'ask_wiki' }];
    return post('/mcp/servers', { slug: newSlug(), name: 'Example', tools });
  };
  const shared = once(makeServer);
  return {
    mcpConnection: connect,
    async mcpHash() {
      const tools = await toolsOf(await connect());
      return tools.find(({ name }: { name: string }) => name === 'ask').hash;
    },
    mcpWiki: approved,
    mcpServer: async () => (await makeServer()).id,
    mcpServerSlug: async () => (await shared()).slug,
    mcpRule: async () =>
      (
        await post('/mcp/rules', {
          effect: 'deny',
          who: { kind: 'everybody' },
          connection_id: await connect(),
        })
      ).id,
    async mcpApproval() {
      const connection_id = await approved();
      await post('/mcp/rules', { effect: 'ask', who: { kind: 'everybody' }, connection_id });
      const { slug } = await ask(`/mcp/connections/${connection_id}`);
      await ask('/mcp/call', { tool: `${slug}__ask`, arguments: { question: 'May I?' } });
      const { approvals } = await ask('/mcp/approvals?state=asked');
      return approvals[0].id;
    },
    async mcpQuestion() {
      const { slug } = await ask(`/mcp/connections/${await approved()}`);
      const config = { connection: slug, tool: 'travel' };
      const stages = [{ name: 'travel', type: 'mcp-tool', config }];
      const pipeline = await post('/pipelines', { name: `asks through ${slug}`, stages });
      const run = await post(`/pipelines/${pipeline.id}/execute`, { input_data: {} });
      for (;;) {
        const { questions } = await ask(`/mcp/questions?state=asked&run_id=${run.id}`);
        if (questions.length > 0) return questions[0].id;
        await setTimeout(30);
      }
    },
    newSlug: async () => newSlug(),
  };
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
