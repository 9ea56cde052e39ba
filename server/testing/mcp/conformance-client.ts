/** The gateway's side towards servers as the program that the conformance suite tests: it lists and calls what is there. */
import type { JsonObject } from '#server/domain/json.ts';
import { openUpstream } from '#server/gateway/upstream.ts';
import { toStreamingFetch } from '#server/gateway/web-fetch.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';

const TIMEOUT_MS = 20_000;

/** A value of each kind that a schema asks for. */
function valueFor(schema: JsonObject): JsonObject[string] {
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null;
  switch (schema.type) {
    case 'number':
    case 'integer':
      return 5;
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object':
      return argumentsFor(schema);
    default:
      return 'value';
  }
}

function argumentsFor({ properties }: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries((properties ?? {}) as Record<string, JsonObject>).map(([name, part]) => [
      name,
      valueFor(part),
    ]),
  );
}

const url = process.argv.at(-1) ?? '';
const { toolCalls = [] } = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as {
  toolCalls?: { name: string; arguments: JsonObject }[];
};
const fetch = toStreamingFetch(createSafeFetch({ allow: ['127.0.0.0/8', '::1/128'] }));
const upstream = await openUpstream(
  { kind: 'http', url, headers: {} },
  { fetch, timeoutMs: TIMEOUT_MS, maxMessageBytes: 10_000_000, canSample: false, now: Date.now },
);
const tools = await upstream.offers.all({ timeoutMs: TIMEOUT_MS });
const calls =
  toolCalls.length > 0
    ? toolCalls
    : [...tools.values()].map(({ definition }) => ({
        name: definition.name,
        arguments: argumentsFor(definition.inputSchema),
      }));
for (const { name, arguments: args } of calls) {
  const definition = tools.get(name)?.definition;
  if (!definition) continue;
  // What the server says of a call is the suite's affair.
  await upstream
    .callTool(definition, args, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      hear: () => Promise.reject(new Error('Nobody is there to be asked.')),
    })
    .catch(() => undefined);
}
await upstream.close();
process.exit(0);
