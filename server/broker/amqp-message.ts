import type { Message } from 'amqplib';
import type { WireMessage } from './amqp-publisher.ts';
import type { MessageHeaders, OutgoingMessage, Priority } from './port.ts';
import { HEADER, PRIORITY_LEVEL, type Topology } from './topology.ts';

const OUR_HEADERS: ReadonlySet<string> = new Set(Object.values(HEADER));

export function toWire(message: OutgoingMessage, topology: Topology, nowMs: number): WireMessage {
  return {
    exchange: topology.taskExchange,
    routingKey: topology.wireQueue(message.queue),
    messageId: message.messageId,
    body: toBuffer(message.body),
    priorityLevel: PRIORITY_LEVEL[message.priority],
    headers: { ...message.headers, [HEADER.publishedAt]: nowMs },
  };
}

export interface Envelope {
  messageId: string;
  body: Buffer;
  headers: MessageHeaders;
  priority: Priority;
  publishedAt: number | null;
  redeliveries: number;
}

/** What came in, with nothing believed that a foreign sender may have put there. */
export function readEnvelope(message: Message): Envelope {
  const { redeliveries, publishedAt } = marksOf(message);
  const level = Number(message.properties.priority ?? 0);
  return {
    messageId: typeof message.properties.messageId === 'string' ? message.properties.messageId : '',
    body: message.content,
    headers: flatHeaders(message.properties.headers),
    priority: priorityOf(level),
    publishedAt: typeof publishedAt === 'number' ? publishedAt : null,
    redeliveries: isCount(redeliveries) ? redeliveries : 0,
  };
}

/** The headers that we put there ourselves, or that somebody put there in our name. */
export function marksOf(message: Message): Record<keyof typeof HEADER, unknown> {
  const headers: Record<string, unknown> = message.properties.headers ?? {};
  const read = (name: keyof typeof HEADER): unknown => headers[HEADER[name]];
  return {
    redeliveries: read('redeliveries'),
    publishedAt: read('publishedAt'),
    deadId: read('deadId'),
    deadReason: read('deadReason'),
    deadQueue: read('deadQueue'),
    deadAt: read('deadAt'),
  };
}

export function toBuffer(body: Uint8Array | string): Buffer {
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function priorityOf(level: number): Priority {
  if (level >= PRIORITY_LEVEL.high) return 'high';
  return level === PRIORITY_LEVEL.medium ? 'medium' : 'low';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * A copy goes on with these and with ours, and the client library writes 64 KiB of headers and no more: what came with as
 * many could neither be returned nor set aside. Those that are too much stay behind.
 */
const MAX_CARRIED_BYTES = 32 * 1024;

function flatHeaders(headers: unknown): MessageHeaders {
  const flat: Record<string, string | number | boolean> = {};
  if (typeof headers !== 'object' || headers === null) return flat;
  let left = MAX_CARRIED_BYTES;
  for (const [name, value] of Object.entries(headers)) {
    if (OUR_HEADERS.has(name)) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const size = Buffer.byteLength(name) + Buffer.byteLength(String(value));
    if (size > left) continue;
    left -= size;
    flat[name] = value;
  }
  return flat;
}
