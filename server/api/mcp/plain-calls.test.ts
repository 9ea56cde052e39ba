import { expect, test } from 'vitest';
import { createPlainReader } from './plain-calls.ts';

const readPlainCall = createPlainReader();

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const HEADERS = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'ask' };
const PARAMS = { name: 'ask', arguments: { a: 1 }, _meta: META };
const BODY = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: PARAMS };
const withParams = (more: object) => ({ ...BODY, params: { ...PARAMS, ...more } });

test('a call as it has to be is taken, time and again', () => {
  for (const id of [1, 2, 'three']) {
    expect(readPlainCall(HEADERS, { ...BODY, id })).toMatchObject({ id, name: 'ask', args: { a: 1 } });
  }
});

test.each([
  ['no message', HEADERS, null],
  ['several', HEADERS, [BODY]],
  ['another method', { ...HEADERS, 'mcp-method': 'tools/list' }, { ...BODY, method: 'tools/list' }],
  ['another method in the header', { ...HEADERS, 'mcp-method': 'ping' }, BODY],
  ['another name in the header', { ...HEADERS, 'mcp-name': 'other' }, BODY],
  ['no name in the header', { ...HEADERS, 'mcp-name': undefined }, BODY],
  ['another generation in the header', { ...HEADERS, 'mcp-protocol-version': '2025-11-25' }, BODY],
  ['no envelope', HEADERS, withParams({ _meta: {} })],
  [
    'an envelope of another generation',
    HEADERS,
    withParams({ _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2025-11-25' } }),
  ],
  [
    'an envelope with a level that there is not',
    HEADERS,
    withParams({ _meta: { ...META, 'io.modelcontextprotocol/logLevel': 'loud' } }),
  ],
  [
    'capabilities in no form',
    HEADERS,
    withParams({ _meta: { ...META, 'io.modelcontextprotocol/clientCapabilities': [] } }),
  ],
  ['a broken id', HEADERS, { ...BODY, id: 1.5 }],
  ['no id', HEADERS, { jsonrpc: '2.0', method: 'tools/call', params: PARAMS }],
  ['another version of the message', HEADERS, { ...BODY, jsonrpc: '1.0' }],
  ['something beside it', HEADERS, { ...BODY, more: true }],
  ['arguments that are a list', HEADERS, withParams({ arguments: [] })],
  ['answers that are none', HEADERS, withParams({ inputResponses: { a: 'b' } })],
  ['answers in another form', HEADERS, withParams({ inputResponses: { a: { method: 'x' } } })],
  ['a state that is no text', HEADERS, withParams({ requestState: {} })],
  ['a broken token of progress', HEADERS, withParams({ _meta: { ...META, progressToken: {} } })],
])('%s is left to the library', (_, headers, body) => {
  // One that is fine came before: what is remembered of it helps no other.
  expect(readPlainCall(HEADERS, BODY)).not.toBeNull();
  expect(readPlainCall(headers, body)).toBeNull();
});
