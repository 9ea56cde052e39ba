// @ts-check
import { createParser } from '../../sdk/typescript/lib/events.mjs';

/** @typedef {{ jsonrpc: '2.0', id?: string | number, method?: string, params?: Record<string, any>, result?: Record<string, any>, error?: object }} Message */

const VERSION = 'io.modelcontextprotocol/protocolVersion';

/** A client of the new generation says with every message which one it is. @param {Message} message */
export const modernVersion = ({ params }) => {
  const version = params?._meta?.[VERSION];
  return typeof version === 'string' ? version : undefined;
};

/** Header fields hold visible ASCII; anything else travels in Base64. @param {string} text */
const toField = (text) =>
  /^[\x21-\x7e]+$/.test(text) && !text.startsWith('=?base64?')
    ? text
    : `=?base64?${Buffer.from(text).toString('base64')}?=`;

/**
 * What the protocol repeats of a message in the header.
 * @param {Message} message @param {{ session: string | undefined, version: string | undefined }} known
 * @returns {Record<string, string>}
 */
export function headersFor(message, { session, version }) {
  const modern = modernVersion(message);
  if (modern === undefined) {
    return {
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
      ...(version === undefined ? {} : { 'mcp-protocol-version': version }),
    };
  }
  const { method = '', params = {} } = message;
  const name = params.name ?? params.uri;
  const isNamed = ['tools/call', 'prompts/get', 'resources/read'].includes(method);
  return {
    'mcp-protocol-version': modern,
    'mcp-method': method,
    ...(isNamed && typeof name === 'string' ? { 'mcp-name': toField(name) } : {}),
  };
}

/** The messages of a stream of events. @param {ReadableStream<Uint8Array>} body @returns {AsyncGenerator<string, void, void>} */
export async function* readEvents(body) {
  const parser = createParser();
  const decoder = new TextDecoder();
  for await (const chunk of /** @type {AsyncIterable<Uint8Array>} */ (/** @type {unknown} */ (body))) {
    for (const { data } of parser(decoder.decode(chunk, { stream: true }))) yield data;
  }
}
