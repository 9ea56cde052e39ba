import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { type Line, toLine } from '#server/gateway/http/line.ts';
import type { Hear } from '#server/gateway/questions/asking.ts';
import { toQuestion } from '#server/gateway/questions/questions.ts';
import type { WebFetch } from '#server/gateway/sign-ins/flow.ts';
import { createSignedLine } from '#server/gateway/sign-ins/signed-line.ts';
import type { Connection } from '#server/gateway/tenant/directory.ts';
import { openUpstream, type Upstream } from '#server/gateway/upstream/upstream.ts';
import { toWebFetch } from '#server/identity/web-fetch.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { createConformancePerson, type Registered } from './conformance-person.ts';

/** The gateway's side towards servers as the client that the conformance suite tests: it lists and calls what is there. */

interface Scenario {
  url: string;
  scenario: string;
  context: Registered & { toolCalls?: { name: string; arguments: JsonObject }[] };
}

const PROGRAM = fileURLToPath(new URL('conformance-program.ts', import.meta.url));
const TIMEOUT_MS = 20_000;
/** So often a person goes on with what needed them to sign in. */
const MAX_TRIES = 3;

export async function startConformanceClients(): Promise<AsyncDisposable & { command: string }> {
  const safeFetch = createSafeFetch({ allow: ['127.0.0.0/8', '::1/128'] });
  // The suite starts all at once; one after the other is in time on a slow machine too.
  let playing: Promise<boolean> = Promise.resolve(true);
  const server = createServer(async (from, to) => {
    let body = '';
    for await (const chunk of from.setEncoding('utf8')) body += chunk;
    playing = playing
      .then(() => play(JSON.parse(body), safeFetch))
      .then(
        () => true,
        () => false,
      );
    to.writeHead((await playing) ? 200 : 500).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    command: `${process.execPath} ${PROGRAM} ${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      safeFetch.close();
    },
  };
}

async function play(
  { url, scenario, context }: Scenario,
  safeFetch: ReturnType<typeof createSafeFetch>,
): Promise<void> {
  const plain = toLine(safeFetch);
  const connection = { slug: 'suite', kind: 'http', url } as Connection;
  const person = createConformancePerson({ url, context, fetch: toWebFetch(safeFetch) as WebFetch });
  const line = scenario.startsWith('auth/')
    ? createSignedLine({ connection, signIns: person, line: plain, onToken: () => undefined })
    : plain;
  for (let time = 1; ; time += 1) {
    try {
      return await visit({ url, line, toolCalls: context.toolCalls ?? [], hear: accepting(connection) });
    } catch (error) {
      if (time === MAX_TRIES || !(await person.signsInAgain())) throw error;
    }
  }
}

interface Visit {
  url: string;
  line: Line;
  toolCalls: { name: string; arguments: JsonObject }[];
  hear: Hear;
}

async function visit({ url, line, toolCalls, hear }: Visit): Promise<void> {
  const upstream = await openUpstream(
    { kind: 'http', url, headers: {} },
    { line, timeoutMs: TIMEOUT_MS, maxMessageBytes: 10_000_000, loans: [], now: Date.now },
  );
  try {
    await callAll(upstream, toolCalls, hear);
  } finally {
    await upstream.close();
  }
}

async function callAll(upstream: Upstream, wanted: Visit['toolCalls'], hear: Hear): Promise<void> {
  const tools = await upstream.offers.all({ timeoutMs: TIMEOUT_MS });
  const all = [...tools.values()].map(({ definition: { name, inputSchema } }) => ({
    name,
    arguments: argumentsFor(inputSchema),
  }));
  let failure: unknown;
  for (const { name, arguments: args } of wanted.length > 0 ? wanted : all) {
    const definition = tools.get(name)?.definition;
    if (!definition) continue;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const options = { signal, hear, capabilities: { elicitation: { form: {} } } };
    await upstream.callTool(definition, args, options).catch((error) => {
      failure ??= error;
    });
  }
  if (failure !== undefined) throw failure;
}

/** Somebody who sends each form as it is shown to them. */
const accepting =
  (connection: Connection): Hear =>
  async (asked) =>
    Object.fromEntries(
      Object.entries(asked).map(([name, { method, params }]) => {
        const { requestedSchema } = toQuestion(method, params, connection).params;
        const form = isJsonObject(requestedSchema) ? requestedSchema : {};
        return [name, { action: 'accept', content: argumentsFor(form) }];
      }),
    );

function argumentsFor({ properties }: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries((properties ?? {}) as Record<string, JsonObject>).map(([name, part]) => [
      name,
      valueFor(part),
    ]),
  );
}

/** What stands there already, else a value of the kind that is asked for. */
function valueFor(schema: JsonObject): JsonObject[string] {
  if (schema.default !== undefined) return schema.default;
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
