import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** What became of a call. Only the last is an error: there is no such file yet, somebody was first, it is enough for now. */
export type Outcome = 'done' | 'absent' | 'conflict' | 'limited' | 'error';

export interface Called {
  tool: string;
  ms: number;
  outcome: Outcome;
}

export interface AgentOptions {
  name: string;
  origin: string;
  key: string;
  /** The run whose files it shares. */
  taskId: string;
  /** A tool of the gateway. */
  upstreamTool: string;
  seed: number;
  goesOn(): boolean;
}

export interface AgentReport {
  calls: Called[];
  /** Versions of files that it was told are written. */
  confirmed: number;
  /** What was neither done nor refused as it should be. */
  troubles: string[];
}

const PATHS = ['plan.md', 'notes.md', 'src/main.ts', 'src/lib.ts'];
const END = '# end\n';
const MAX_TEXT = 4000;

interface Answer {
  isError?: boolean;
  structuredContent?: Record<string, unknown>;
  _meta?: Record<string, unknown>;
  content: unknown;
}

/** It reads, edits, writes, claims, logs and asks an upstream server, one call after the other. */
export async function runAgent(options: AgentOptions): Promise<AgentReport> {
  const report: AgentReport = { calls: [], confirmed: 0, troubles: [] };
  const [own, gateway] = await Promise.all([connect(options, '/mcp'), connect(options, '/mcp/gateway')]);
  const { name, taskId: task_id, seed } = options;
  let chance = seed;
  /** The same in every pass. */
  const pick = <Item>(items: readonly Item[]): Item => {
    chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0;
    return items[(chance >>> 16) % items.length] as Item;
  };

  async function call(client: Client, tool: string, args: object): Promise<Answer | null> {
    const startedAt = performance.now();
    const answer = (await client
      .callTool({ name: tool, arguments: { ...args } })
      .catch((error) => ({ isError: true, content: String(error) }))) as Answer;
    const outcome = outcomeOf(answer);
    report.calls.push({ tool, ms: performance.now() - startedAt, outcome });
    if (outcome === 'error') report.troubles.push(`${tool}: ${JSON.stringify(answer).slice(0, 300)}`);
    return outcome === 'done' ? answer : null;
  }
  const use = (tool: string, args: object) => call(own, tool, { task_id, as: name, ...args });
  const look = (tool: string, args: object) => call(own, tool, { task_id, ...args });

  async function write(path: string): Promise<void> {
    const seen = (await look('file_read', { path }))?.structuredContent;
    const base_version = seen?.version ?? 0;
    const content = `${name} on ${base_version}\n${END}`;
    if (await use('file_write', { path, content, base_version })) report.confirmed += 1;
  }

  async function edit(path: string, lease: object = {}): Promise<void> {
    const seen = (await look('file_read', { path }))?.structuredContent;
    if (seen === undefined || String(seen.content).length > MAX_TEXT) return write(path);
    const edits = [{ old: END, new: `${name} ${report.calls.length}\n${END}` }];
    if (await use('file_edit', { path, edits, ...lease })) report.confirmed += 1;
  }

  async function workUnderClaim(path: string): Promise<void> {
    const lease = (await use('claim_file', { paths: [path] }))?.structuredContent;
    if (!lease) return;
    const { lease_id, fencing_token } = lease;
    await edit(path, { lease_id, fencing_token });
    await use('release_file', { lease_id, fencing_token });
  }

  const work = [
    ...[() => look('file_read', { path: pick(PATHS) }), () => look('file_list', {})],
    ...[() => edit(pick(PATHS)), () => edit(pick(PATHS)), () => write(pick(PATHS))],
    () => workUnderClaim(pick(PATHS)),
    () => use('log_step', { message: 'Goes on.' }),
    () => call(gateway, options.upstreamTool, { question: 'What is known?' }),
  ];
  for (const path of PATHS) await write(path);
  while (options.goesOn()) await pick(work)();
  await Promise.all([own.close(), gateway.close()]);
  return report;
}

const OUTCOMES: Record<string, Outcome> = {
  NOT_FOUND: 'absent',
  CONFLICT: 'conflict',
  LIMITED: 'limited',
};

function outcomeOf({ isError, _meta }: Answer): Outcome {
  if (isError !== true) return 'done';
  const { code } = (_meta?.['signalbox/problem'] ?? {}) as { code?: string };
  return OUTCOMES[code ?? ''] ?? 'error';
}

async function connect({ origin, key }: AgentOptions, path: string): Promise<Client> {
  const client = new Client({ name: 'agent', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}${path}`), { requestInit }));
  return client;
}
