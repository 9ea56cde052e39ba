import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sql } from '#db/client.ts';
import { type AgentId, DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { type AssignmentMessage, tasksMessageSchema } from '#server/domain/messages.ts';

/** An agent that listens on HTTP, which every engine process may call. It says when and at whose door it answers. */
export interface CalledAgent extends AsyncDisposable {
  id: AgentId;
  /** Everything that it was ever given, in order. */
  given: readonly AssignmentMessage[];
  /** The most that it has had at once. */
  most(): number;
}

export interface CalledAgentOptions {
  capability: string;
  maxConcurrency: number;
  /** Answers each task at once when this resolves; left out: with 202, and says no more by itself. */
  work?(task: AssignmentMessage): Promise<void>;
  /** What it answers then. */
  output?: string;
}

export async function createCalledAgent(
  sql: Sql,
  id: AgentId,
  options: CalledAgentOptions,
): Promise<CalledAgent> {
  const given: AssignmentMessage[] = [];
  let inHand = 0;
  let most = 0;

  async function take(body: string): Promise<{ status: number; answer: object }> {
    const [task] = tasksMessageSchema.parse(JSON.parse(body)).tasks;
    if (!task) return { status: 400, answer: {} };
    given.push(task);
    if (!options.work) return { status: 202, answer: {} };
    inHand += 1;
    most = Math.max(most, inHand);
    await options.work(task);
    inHand -= 1;
    return { status: 200, answer: { status: 'succeeded', output: options.output ?? null } };
  }

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', async () => {
      const { status, answer } = request.url === '/task' ? await take(body) : { status: 200, answer: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoints = JSON.stringify({ task: `${origin}/task`, health: `${origin}/health` });
  const capabilities = JSON.stringify([{ name: options.capability, version: '' }]);
  await sql`
    INSERT INTO agents (id, org_id, name, transport, capabilities, endpoints, max_concurrency)
    VALUES (${toUuid(id)}::text::uuid, ${toUuid(DEFAULT_ORG_ID)}::text::uuid, ${`called ${id.slice(-6)}`}, 'push',
      ${capabilities}::text::json, ${endpoints}::text::json, ${options.maxConcurrency}::int)`;
  return {
    id,
    given,
    most: () => most,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
