import { classifyInboundRequest, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type Json } from '#server/domain/json.ts';
import { demandScopes } from '#server/identity/actor.ts';
import type { Action } from '#server/identity/permissions.ts';
import { MAX_BODY_DEPTH, readJsonBody } from '../http/body.ts';
import { unauthenticated } from '../http/gate.ts';
import { statusOf } from '../http/problem.ts';
import type { Answer, Call, Route } from '../http/router.ts';
import type { McpCall } from './call.ts';
import { findDisagreement } from './mirrored-headers.ts';
import { createModernDoor } from './modern.ts';
import { createPerProgram } from './per-program.ts';
import { answerPlainCall, createPlainReader } from './plain-calls.ts';
import type { Surface } from './served.ts';
import { createServerMaker } from './server.ts';
import { createSessions } from './sessions.ts';
import { createStreamCount } from './streams.ts';
import { surface as productSurface } from './surface.ts';
import { sendWebResponse, toWebRequest } from './web.ts';

export const MCP_PATH = '/mcp';

const MODERN = { kind: 'modern' } as const;
/** As the protocol numbers it. */
const HEADER_MISMATCH = -32_020;

/** One path for both generations: which one a request is of, it says itself. */
export function createMcpRoutes(surface: Surface, path: string = MCP_PATH): readonly Route[] {
  const maker = createServerMaker(surface, path);
  const modern = createModernDoor({ maker, surface });
  const sessionsOf = createPerProgram((services) => createSessions({ maker, surface, path }, services));
  const streams = createStreamCount();
  const readPlainCall = createPlainReader();

  /** What one message demands, for a client that can go and get the scope. */
  async function needsOf(call: McpCall, message: unknown): Promise<readonly Action[]> {
    if (!isJsonObject(message) || !isJsonObject(message.params)) return [];
    const { name, uri } = message.params;
    if (typeof uri === 'string') {
      return maker.findResource(uri)?.resource.needs ?? surface.upstream?.resources.needs ?? [];
    }
    if (typeof name !== 'string') return [];
    if (message.method === 'tools/call') return (await maker.findTool(call, name))?.needs ?? [];
    if (message.method !== 'prompts/get') return [];
    const prompt = surface.prompts.find(({ entry }) => entry.name === name);
    return prompt?.needs ?? surface.upstream?.prompts.needs ?? [];
  }

  /** Before anything is streamed: afterwards no status and no header could say it. */
  async function checkScopes(call: McpCall, body: Json | undefined): Promise<void> {
    if (call.actor.scopes === null) return;
    for (const message of Array.isArray(body) ? body : [body]) {
      demandScopes(call.actor, await needsOf(call, message));
    }
  }

  /** The door has counted a request; each message of one counts. */
  async function chargeRest({ services, actor }: McpCall, body: Json | undefined): Promise<void> {
    const more = Array.isArray(body) ? body.length - 1 : 0;
    if (more < 1) return;
    const { refusal } = await services.rates.admit(actor, { reads: more });
    if (refusal) throw refusal;
  }

  /** What a tool wants in headers too must stand there as it stands in the body. What else is wrong the call tells. */
  async function checkMirrored(call: McpCall, { headers }: Call, body: Json | undefined) {
    if (!isJsonObject(body) || body.method !== 'tools/call' || !isJsonObject(body.params)) return null;
    const { name, arguments: args } = body.params;
    const tool =
      typeof name === 'string' ? await maker.findTool(call, name).catch(() => undefined) : undefined;
    const message = tool ? findDisagreement(tool.entry.inputSchema, args, headers) : null;
    return message === null ? null : refuse(400, { code: HEADER_MISMATCH, message }, body.id);
  }

  async function answer(call: Call): Promise<Answer> {
    // A browser sends its cookie unasked; a key it does not.
    if (call.actor.kind === 'person') throw unauthenticated();
    const mcpCall: McpCall = { ...call, requestId: call.actor.from.requestId ?? '' };
    const read = await readBody(call);
    if (read instanceof Response) return written(read);
    const { body } = read;
    await chargeRest(mcpCall, body);
    await checkScopes(mcpCall, body);
    const plain = readPlainCall(call.headers, body);
    const route = plain ? MODERN : classify(call, body);
    const refusal = route.kind === 'modern' ? await checkMirrored(mcpCall, call, body) : null;
    if (refusal) return written(refusal);
    if (plain) return answerPlainCall(mcpCall, plain, maker);
    const asked = { request: toWebRequest(call), body };
    return written(
      await streams.within(mcpCall, asked, () =>
        route.kind === 'legacy'
          ? sessionsOf(call.services).answer(mcpCall, asked)
          : modern.answer(mcpCall, asked),
      ),
    );
  }

  return (['GET', 'POST', 'DELETE'] as const).map((method) => ({
    method,
    path,
    readsBody: true,
    // Each call of a tool that changes something is counted as that as well.
    rate: 'reads',
    handle: answer,
  }));
}

export const mcpRoutes = createMcpRoutes(productSurface);

const written = (response: Response): Answer => ({ stream: (to) => sendWebResponse(to, response) });

/** Of which generation it is, as the protocol's library finds it. */
function classify({ request, headers }: Call, body: Json | undefined) {
  const headerOf = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
  return classifyInboundRequest({
    httpMethod: request.method ?? 'POST',
    protocolVersionHeader: headerOf('mcp-protocol-version'),
    mcpMethodHeader: headerOf('mcp-method'),
    mcpNameHeader: headerOf('mcp-name'),
    ...(body === undefined ? {} : { body }),
  });
}

const JSON_TYPE = /^application\/json\b/i;

/** What cannot be read is told in the protocol's own form. */
async function readBody(call: Call): Promise<{ body?: Json } | Response> {
  const { request, services } = call;
  if (request.method !== 'POST') return {};
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    return refuse(415, {
      code: ProtocolErrorCode.InvalidRequest,
      message: 'Send JSON, as Content-Type: application/json.',
    });
  }
  try {
    const maxBytes = services.limits.payloadMaxBytes;
    return { body: await readJsonBody(request, { maxBytes, maxDepth: MAX_BODY_DEPTH }) };
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    return refuse(statusOf(error.code).status, {
      code: ProtocolErrorCode.ParseError,
      message: error.message,
    });
  }
}

const refuse = (
  status: number,
  error: { code: number; message: string },
  id: Json | undefined = null,
): Response => Response.json({ jsonrpc: '2.0', id, error }, { status });
