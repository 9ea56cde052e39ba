import {
  createMcpHandler,
  ProtocolError,
  type ServerEvent,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import { isJsonObject } from '#server/domain/json.ts';
import { type McpCall, toAuthInfo } from './call.ts';
import { type Change, type Wish, watchChanges } from './changes.ts';
import type { Surface } from './served.ts';
import type { ServerMaker } from './server.ts';

const LISTEN = 'subscriptions/listen';
const LISTS = ['tools', 'prompts', 'resources'] as const;

/** Clients of the new generation: every request stands for itself, and a stream listens to what it names. */
export function createModernDoor({ maker, surface }: { maker: ServerMaker; surface: Surface }) {
  return {
    async answer(call: McpCall, { request, body }: { request: Request; body: unknown }): Promise<Response> {
      const bus = await openBus(call, body).catch(refusalTo(body));
      if (bus instanceof Response) return bus;
      const handler = createMcpHandler(() => maker.make(), { legacy: 'reject', bus });
      const response = await handler.fetch(request, { parsedBody: body, authInfo: toAuthInfo(call) });
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) bus.end();
      return response;
    },
  };

  /** Heard before the client is told that it listens: what it may not hear is refused and not left out. */
  async function openBus(call: McpCall, body: unknown): Promise<ServerEventBus & { end(): void }> {
    let hear: ((event: ServerEvent) => void) | undefined;
    const early: ServerEvent[] = [];
    const tell = (change: Change) => {
      const event: ServerEvent =
        change.kind === 'resource'
          ? { kind: 'resource_updated', uri: change.uri }
          : { kind: `${change.kind}_list_changed` };
      if (hear) hear(event);
      else early.push(event);
    };
    const wish = wishOf(body);
    const end = wish
      ? await watchChanges(call, wish, {
          findResource: maker.findResource,
          surface,
          tell,
        })
      : () => undefined;
    call.signal.addEventListener('abort', end);
    return {
      end,
      publish: () => undefined,
      subscribe(listener) {
        hear = listener;
        for (const event of early.splice(0)) listener(event);
        return end;
      },
    };
  }
}

/** In the protocol's words; whatever else is wrong is the door's to tell. */
const refusalTo =
  (body: unknown) =>
  (error: unknown): Response => {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, message, data } = error;
    const id = isJsonObject(body) ? body.id : null;
    return Response.json({ jsonrpc: '2.0', id, error: { code, message, data } });
  };

/** What a stream is opened for; undefined for every other request, and for one that the library will refuse. */
function wishOf(body: unknown): Wish | undefined {
  if (!isJsonObject(body) || body.method !== LISTEN || !isJsonObject(body.params)) return undefined;
  const wanted = body.params.notifications;
  if (!isJsonObject(wanted)) return undefined;
  const uris = Array.isArray(wanted.resourceSubscriptions) ? wanted.resourceSubscriptions : [];
  return {
    uris: uris.filter((uri) => typeof uri === 'string'),
    lists: LISTS.filter((kind) => wanted[`${kind}ListChanged`] === true),
  };
}
