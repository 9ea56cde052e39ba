import { ProtocolError, SdkError, SdkHttpError } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#server/domain/json.ts';
import type { Progress } from '#server/domain/mcp.ts';
import type { LineRequest } from './line.ts';
import { createWire } from './wire.ts';

const RESULT = { resultType: 'complete', content: [{ type: 'text', text: 'yes' }] };

interface Said {
  status?: number;
  type?: string;
  text(id: number): string;
}

const answering = (message: object): Said => ({
  text: (id) => JSON.stringify({ jsonrpc: '2.0', id, ...message }),
});

/** A server that says the same to everybody, and what it was sent. */
function wireTo({ status = 200, type = 'application/json', text }: Said) {
  const sent: { request: LineRequest; body: JsonObject }[] = [];
  const wire = createWire({
    ...{ url: 'http://127.0.0.1:1/mcp', headers: { 'X-Key': 'k', 'Mcp-Name': 'other' } },
    ...{ revision: '2026-07-28', client: { name: 'c', version: '1' } },
    async line(request) {
      const body = JSON.parse(request.body ?? '');
      sent.push({ request, body });
      const all = text(body.id);
      return {
        ...{ status, headers: { 'content-type': type }, close: () => undefined, text: async () => all },
        body: (async function* () {
          for (const part of all.match(/[\s\S]{1,7}/g) ?? []) yield Buffer.from(part);
        })(),
      };
    },
  });
  return { wire, sent };
}

const call = (
  { wire }: Pick<ReturnType<typeof wireTo>, 'wire'>,
  more: { inputSchema?: JsonObject; onProgress?(progress: Progress): void; signal?: AbortSignal } = {},
) =>
  wire.call(
    { name: 'ask', arguments: { a: 1 } },
    { signal: new AbortController().signal, inputSchema: { type: 'object' }, ...more },
  );

test('a call is one message under its own name, with the headers of the connection', async () => {
  const there = wireTo(answering({ result: RESULT }));
  expect(await call(there)).toEqual({ content: [{ type: 'text', text: 'yes' }] });
  const [{ request, body } = { request: null, body: null }] = there.sent;
  expect(request?.headers).toMatchObject({
    ...{ 'x-key': 'k', 'mcp-name': 'ask', 'mcp-method': 'tools/call', 'mcp-protocol-version': '2026-07-28' },
  });
  expect(body?.params).toMatchObject({ name: 'ask', arguments: { a: 1 } });
});

test('what is told before the answer is heard in its order, as far as it belongs to the call', async () => {
  const told: Progress[] = [];
  const event = (message: object) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
  const progress = (token: number, progress: number) =>
    event({ method: 'notifications/progress', params: { progressToken: token, progress } });
  const there = wireTo({
    type: 'text/event-stream; charset=utf-8',
    text: (id) =>
      [
        ...[progress(id, 1), 'data: no message\n\n', progress(id + 1, 7), progress(id, 2)],
        ...[event({ id: id + 1, result: RESULT }), event({ id, result: RESULT })],
      ].join(''),
  });
  expect(await call(there, { onProgress: (each) => told.push(each) })).toMatchObject({ content: [{}] });
  expect(told).toEqual([{ progress: 1 }, { progress: 2 }]);
});

describe('what takes more than that is left to the library', () => {
  test('a redirect', async () => {
    expect(await call(wireTo({ status: 307, text: () => '' }))).toBeNull();
  });

  test('input that travels as headers, of which nothing is sent', async () => {
    const there = wireTo(answering({ result: RESULT }));
    const inputSchema = { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'A' } } };
    expect(await call(there, { inputSchema })).toBeNull();
    expect(there.sent).toEqual([]);
  });
});

test.each([
  ['an error of the protocol', answering({ error: { code: -32602, message: 'no' } }), ProtocolError],
  [
    'an error that stands in the status too',
    { ...answering({ error: { code: -32021, message: 'no', data: {} } }), status: 400 },
    ProtocolError,
  ],
  ['an error of somebody between', { status: 400, text: () => '<html>' }, SdkHttpError],
  ['another status', { status: 503, text: () => '' }, SdkHttpError],
  ['a result without its kind', answering({ result: { content: [] } }), SdkError],
  ['a result of an unknown kind', answering({ result: { ...RESULT, resultType: 'task' } }), SdkError],
  ['a result in no form', answering({ result: { ...RESULT, content: [{ type: 'what' }] } }), SdkError],
  [
    'a text that is none',
    answering({ result: { ...RESULT, content: [{ type: 'text', text: 5 }] } }),
    SdkError,
  ],
  ['no content at all', answering({ result: { ...RESULT, content: 'yes' } }), SdkError],
  ['a question that asks nothing', answering({ result: { resultType: 'input_required' } }), SdkError],
  [
    'an answer to something else',
    { text: () => JSON.stringify({ jsonrpc: '2.0', id: 'x', result: RESULT }) },
    SdkError,
  ],
  ['no JSON', { text: () => '{' }, SyntaxError],
  ['another type', { type: 'text/html', text: () => '' }, SdkError],
  [
    'a stream that ends before the answer',
    { type: 'text/event-stream', text: () => 'data: {}\n\n' },
    SdkError,
  ],
])('%s is an error', async (_, said: Said, kind) => {
  await expect(call(wireTo(said))).rejects.toBeInstanceOf(kind);
});

test('a question comes back as it was asked', async () => {
  const asked = { resultType: 'input_required', inputRequests: { a: { method: 'x' } }, requestState: 's' };
  expect(await call(wireTo(answering({ result: asked })))).toEqual(asked);
});

test('calls that are under way end when it is closed, and none begins', async () => {
  const { promise: began, resolve } = Promise.withResolvers<void>();
  const wire = createWire({
    ...{
      url: 'http://127.0.0.1:1/',
      headers: {},
      revision: '2026-07-28',
      client: { name: 'c', version: '1' },
    },
    line: ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('cut')));
        resolve();
      }),
  });
  const underway = call({ wire });
  await began;
  wire.close();
  await expect(underway).rejects.toThrow('Connection closed');
  await expect(call({ wire })).rejects.toThrow('Not connected');
});
