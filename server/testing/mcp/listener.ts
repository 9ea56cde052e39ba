import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

/** A client that subscribes, in the way of its generation. */
export interface McpListener extends AsyncDisposable {
  /** Resources that it was told of, in that order. */
  heard: string[];
  /** Answers with how it unsubscribes. */
  subscribe(uri: string): Promise<() => Promise<unknown>>;
}

export const GENERATIONS = ['old', 'new'] as const;
export type Generation = (typeof GENERATIONS)[number];

const info = { name: 'a-listener', version: '1' };

export async function listenAs(generation: Generation, origin: string, key: string): Promise<McpListener> {
  const heard: string[] = [];
  const address = new URL(`${origin}/mcp`);
  const options = { requestInit: { headers: { authorization: `Bearer ${key}` } } };
  if (generation === 'old') {
    const client = new ClientV1(info);
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      heard.push(params.uri);
    });
    await client.connect(new TransportV1(address, options));
    return {
      heard,
      async subscribe(uri) {
        await client.subscribeResource({ uri });
        return () => client.unsubscribeResource({ uri });
      },
      [Symbol.asyncDispose]: () => client.close(),
    };
  }
  const client = new ClientV2(info, { versionNegotiation: { mode: 'auto' } });
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    heard.push(params.uri);
  });
  await client.connect(new TransportV2(address, options));
  return {
    heard,
    async subscribe(uri) {
      const stream = await client.listen({ resourceSubscriptions: [uri] });
      return () => stream.close();
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
