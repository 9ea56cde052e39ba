import type { Transport } from '@modelcontextprotocol/server';
import { isJsonObject, type Json, type JsonObject } from '#server/domain/json.ts';

/**
 * What a session of the old generation asks its client has the name of this process in its number, since the answer may
 * come to another one. Numbers themselves begin with 0 in each process.
 */
export function nameQuestions(transport: Transport, processId: string): void {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if (!('method' in message)) return send(message, options);
    if ('id' in message) return send({ ...message, id: `${processId}.${message.id}` }, options);
    const { method, params } = message;
    if (method !== 'notifications/cancelled') return send(message, options);
    return send(
      { ...message, params: { ...params, requestId: `${processId}.${params?.requestId}` } },
      options,
    );
  };
}

export interface Answered {
  /** Which process has asked. */
  processId: string;
  /** The answer, as that process knows it. */
  body: JsonObject;
}

const NAMED = /^([0-9a-f-]{32,36})\.(\d{1,15})$/;

/** Null: it answers nothing that was asked here or in another process. */
export function answerIn(body: Json | undefined): Answered | null {
  if (!isJsonObject(body) || typeof body.id !== 'string' || body.method !== undefined) return null;
  const [, processId, id] = NAMED.exec(body.id) ?? [];
  if (processId === undefined) return null;
  return { processId, body: { ...body, id: Number(id) } };
}
