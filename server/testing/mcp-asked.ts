import {
  type CallToolResult,
  LOG_LEVEL_META_KEY,
  Client as NewClient,
  StreamableHTTPClientTransport as NewTransport,
} from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '#server/domain/json.ts';
import type { TestServer } from './http.ts';

/** A client that can be asked all there is, and remembers what it was. */
export interface AskedTestClient extends AsyncDisposable {
  asked: JsonObject[];
  /** Lines of logs that it was told, from the least on. */
  logged: JsonObject[];
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<CallToolResult>;
  /** How much of a log it wants to hear from now on. */
  setLevel(level: 'debug' | 'info'): Promise<void>;
  getPrompt(name: string): Promise<object>;
}

const INFO = { name: 'an-asked-test', version: '1' };
const CAPABILITIES = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

export async function askingClient(
  http: Pick<TestServer, 'origin' | 'secret'>,
  generation: 'new' | 'old',
  answer: (params: JsonObject) => object,
): Promise<AskedTestClient> {
  const asked: JsonObject[] = [];
  const logged: JsonObject[] = [];
  const log = ({ params }: { params: unknown }) => void logged.push(params as JsonObject);
  const hear = ({ params }: { params?: unknown }) => {
    const given = (params ?? {}) as JsonObject;
    asked.push(given);
    return answer(given) as never;
  };
  const url = new URL(`${http.origin}/mcp/gateway`);
  const requestInit = { headers: { authorization: `Bearer ${http.secret}` } };
  let level = 'info';
  if (generation === 'new') {
    const client = new NewClient(INFO, {
      capabilities: CAPABILITIES,
      versionNegotiation: { mode: { pin: '2026-07-28' } },
    });
    client.setRequestHandler('elicitation/create', hear);
    client.setRequestHandler('sampling/createMessage', hear);
    client.setRequestHandler('roots/list', hear);
    client.setNotificationHandler('notifications/message', log);
    await client.connect(new NewTransport(url, { requestInit }));
    return {
      ...{ asked, logged },
      call: (name, args = {}, signal) =>
        client.callTool(
          { name, arguments: args, _meta: { [LOG_LEVEL_META_KEY]: level } },
          { ...(signal ? { signal } : {}) },
        ),
      async setLevel(next) {
        level = next;
      },
      getPrompt: (name) => client.getPrompt({ name }),
      [Symbol.asyncDispose]: () => client.close(),
    };
  }
  const client = new OldClient(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(ElicitRequestSchema, hear);
  client.setRequestHandler(CreateMessageRequestSchema, hear);
  client.setRequestHandler(ListRootsRequestSchema, hear);
  client.setNotificationHandler(LoggingMessageNotificationSchema, log);
  const transport = new OldTransport(url, { requestInit });
  await client.connect(transport as Parameters<OldClient['connect']>[0]);
  await client.setLoggingLevel('info');
  return {
    ...{ asked, logged },
    call: async (name, args = {}, signal) =>
      (await client.callTool({ name, arguments: args }, undefined, {
        ...(signal ? { signal } : {}),
      })) as CallToolResult,
    setLevel: async (next) => void (await client.setLoggingLevel(next)),
    getPrompt: (name) => client.getPrompt({ name }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
