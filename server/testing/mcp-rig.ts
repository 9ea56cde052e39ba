import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Client as NewClient,
  StreamableHTTPClientTransport as NewTransport,
} from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type HttpAnswer, startTestServer, type TestServer } from './http.ts';

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** How the program of a package is started that is an MCP server. */
export function commandOf(packageName: string, args: readonly string[] = []) {
  const folder = join(MODULES, packageName);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { bin } = manifest as { bin: string | Record<string, string> };
  const path = typeof bin === 'string' ? bin : Object.values(bin)[0];
  return { command: process.execPath, args: [join(folder, path ?? ''), ...args] };
}

/** The same, as the setting names it. */
export function programOf(name: string, packageName: string): string {
  const { command, args } = commandOf(packageName);
  return `${name}=${[command, ...args].join(' ')}`;
}

export const REAL_PROGRAMS = [
  programOf('memory', '@modelcontextprotocol/server-memory'),
  programOf('sequential-thinking', '@modelcontextprotocol/server-sequential-thinking'),
  programOf('everything', '@modelcontextprotocol/server-everything'),
  programOf('filesystem', '@modelcontextprotocol/server-filesystem'),
].join(',');

/** Servers of others that ask an API of their own. */
export const ASKING_PROGRAMS = [
  programOf('postgrest', '@supabase/mcp-server-postgrest'),
  programOf('context7', '@upstash/context7-mcp'),
].join(',');

export interface McpRig extends AsyncDisposable {
  http: TestServer;
  /** The body of the answer; fails unless it is a success. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers and say themselves what must be there
  ask(path: string, body?: object, method?: string): Promise<any>;
  /** The answer, whatever it is. */
  try(path: string, body?: object, method?: string): Promise<HttpAnswer>;
  /** Connects a server and approves all of its tools. Answers with the id of the connection. */
  join(what: object): Promise<string>;
  approveAll(id: string): Promise<void>;
  call(tool: string, args?: object, server?: string): Promise<HttpAnswer>;
}

/** The whole program with upstream servers of this machine let in. */
export async function startMcpRig(settings: Record<string, string> = {}): Promise<McpRig> {
  // Root says that it trusts the programs of tests; for anybody else there is nothing to say.
  const trust: Record<string, string> =
    process.getuid?.() === 0 && settings.SIGNALBOX_MCP_PROGRAMS ? { SIGNALBOX_MCP_PROGRAM_USER: 'root' } : {};
  const http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8', ...trust, ...settings });
  const attempt: McpRig['try'] = (path, body, method) =>
    http.call(`/api/v1/mcp${path}`, body, method === undefined ? {} : { method });
  const ask: McpRig['ask'] = async (path, body, method) => {
    const answer = await attempt(path, body, method);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  async function approveAll(id: string): Promise<void> {
    const { tools } = await ask(`/connections/${id}/tools?limit=200`);
    const offered = tools.filter(({ hash }: { hash: string | null }) => hash !== null);
    const wanted = offered.map(({ name, hash }: { name: string; hash: string }) => ({ name, hash }));
    await ask(`/connections/${id}/tools/approve`, { tools: wanted });
  }
  return {
    ...{ http, ask, approveAll },
    try: attempt,
    async join(what) {
      const connected = await ask('/connect', what);
      if (connected.status !== 'connected') throw new Error(`it is ${JSON.stringify(connected)}`);
      await approveAll(connected.connection_id);
      return connected.connection_id;
    },
    call: (tool, args = {}, server) =>
      attempt('/call', { tool, arguments: args, ...(server === undefined ? {} : { server }) }),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

const INFO = { name: 'a-test', version: '1' };

export async function newClient(http: TestServer, path: string, token = http.secret): Promise<NewClient> {
  const client = new NewClient(INFO, { versionNegotiation: { mode: 'auto' } });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new NewTransport(new URL(`${http.origin}${path}`), { requestInit: { headers } }));
  return client;
}

export async function oldClient(http: TestServer, path: string, token = http.secret): Promise<OldClient> {
  const client = new OldClient(INFO);
  const headers = { authorization: `Bearer ${token}` };
  const transport = new OldTransport(new URL(`${http.origin}${path}`), { requestInit: { headers } });
  // Its types are not made for exact optional properties.
  await client.connect(transport as Parameters<OldClient['connect']>[0]);
  return client;
}
