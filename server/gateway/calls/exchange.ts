import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';
import { offerKindOf, PROMPT_PREFIX, RESOURCE_PREFIX, type ToolDefinition } from '#server/domain/mcp.ts';
import type { CallOptions } from '../upstream/call-options.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { prefixed, withGatewayUris } from './resource-uris.ts';

/** What rules call it: of a resource, its URI. */
export const ruledName = (name: string, args: JsonObject): string =>
  offerKindOf(name) === 'resources' ? `${RESOURCE_PREFIX}${String(args.uri)}` : name;

interface Sent {
  definition: ToolDefinition;
  args: JsonObject;
}

/** Calls the tool, gets the prompt or reads the resource. Answers with all of the answer that is passed on. */
export async function exchange(
  upstream: Upstream,
  { definition, args }: Sent,
  options: CallOptions,
): Promise<JsonObject> {
  switch (offerKindOf(definition.name)) {
    case 'tool': {
      const { content, structuredContent, isError } = await upstream.callTool(definition, args, options);
      return {
        content: content as unknown as Json,
        ...(structuredContent === undefined ? {} : { structuredContent: structuredContent as Json }),
        ...(isError === true ? { isError } : {}),
      };
    }
    case 'prompt': {
      const name = definition.name.slice(PROMPT_PREFIX.length);
      const given = Object.entries(args).map(([key, value]) => [key, String(value)] as const);
      const { description, messages } = await upstream.getPrompt(name, Object.fromEntries(given), options);
      return {
        ...(description === undefined ? {} : { description }),
        messages: messages as unknown as Json,
      };
    }
    case 'resources': {
      const { contents } = await upstream.readResource(String(args.uri), options);
      return { contents: contents as unknown as Json };
    }
  }
}

/** Resources that an answer names can be asked for under these names. */
export function withOurUris(slug: string, answer: JsonObject): JsonObject {
  const { content, messages, contents, ...rest } = answer;
  const all = (parts: Json, work: (part: Json) => Json) => (Array.isArray(parts) ? parts.map(work) : parts);
  return {
    ...rest,
    ...(content === undefined ? {} : { content: withGatewayUris(slug, content) }),
    ...(messages === undefined
      ? {}
      : {
          messages: all(messages, (message) =>
            isJsonObject(message)
              ? { ...message, content: withGatewayUris(slug, message.content ?? null) }
              : message,
          ),
        }),
    ...(contents === undefined
      ? {}
      : { contents: all(contents, (part) => (isJsonObject(part) ? prefixed(slug, part) : part)) }),
  };
}
