import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { percentile } from '../statistics.ts';

export interface Place {
  url: string;
  headers: Record<string, string>;
}

export interface Lap {
  callsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Clients of the protocol's own library, as agents have them: each with a call of its own under way. */
export interface Callers {
  lap(calls: number): Promise<Lap>;
  close(): Promise<void>;
}

export async function openCallers(
  place: Place,
  options: { clients: number; tools: number },
): Promise<Callers> {
  const clients = await Promise.all(Array.from({ length: options.clients }, () => connect(place)));
  let count = 0;

  async function call(client: Client): Promise<number> {
    const at = count++;
    const name = `tool_${at % options.tools}`;
    const args = { question: `What is number ${at}?`, depth: at % 9 };
    const startedAt = performance.now();
    const { content } = await client.callTool({ name, arguments: args });
    const tookMs = performance.now() - startedAt;
    const expected = `${name}: ${JSON.stringify(args)}`;
    const [got] = content as { text?: string }[];
    if (got?.text !== expected) throw new Error(`${name} answered ${JSON.stringify(content)}.`);
    return tookMs;
  }

  return {
    async lap(calls) {
      let left = calls;
      const times: number[] = [];
      const startedAt = performance.now();
      await Promise.all(
        clients.map(async (client) => {
          while (left-- > 0) times.push(await call(client));
        }),
      );
      const seconds = (performance.now() - startedAt) / 1000;
      return {
        callsPerSecond: times.length / seconds,
        p50Ms: percentile(times, 0.5),
        p99Ms: percentile(times, 0.99),
      };
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

async function connect({ url, headers }: Place): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}
