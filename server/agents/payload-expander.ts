import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type Json, type JsonObject, parseJsonBounded, setOwn } from '#server/domain/json.ts';
import { findRefs, isRef, PAYLOAD_NAME, type PayloadRef, payloadRefOf } from '#server/domain/payload-ref.ts';
import { isObjectLost, type ObjectStore } from '#server/platform/object-store/port.ts';
import { decodeText } from './payload-text.ts';

export interface Expander {
  /** The value with all payloads in it that were taken out, up to the limit for all of them together. */
  expand(value: Json): Json | Promise<Json>;
  load(ref: PayloadRef): Promise<Json>;
}

export const MAX_PAYLOAD_DEPTH = 100;

/** Puts the values back that went to the object store. NOT_FOUND, TOO_LARGE and INVALID are the value's own fault. */
export function createExpander(objects: ObjectStore, maxBytes: number): Expander {
  async function load(ref: PayloadRef): Promise<Json> {
    const { bytes, content } = await objects.open(ref.$object);
    if (bytes > maxBytes) throw refusePayload('too-large', `It has ${bytes} bytes, more than ${maxBytes}.`);
    const parsed = parseJsonBounded(await decodeText(content), { maxBytes, maxDepth: MAX_PAYLOAD_DEPTH });
    if (!parsed.ok) throw refusePayload(parsed.problem.code, parsed.problem.message);
    return parsed.value;
  }

  /** As deep as inputs can nest, which the doors limit. */
  async function expandWithin(value: Json, budget: { bytes: number }): Promise<Json> {
    if (Array.isArray(value)) {
      const items: Json[] = [];
      for (const item of value) items.push(await expandWithin(item, budget));
      return items;
    }
    if (!isJsonObject(value)) return value;
    const ref = payloadRefOf(value);
    if (ref) {
      budget.bytes -= ref.bytes;
      if (budget.bytes >= 0) return load(ref);
      throw refusePayload('too-large', `Its parts have more than ${maxBytes} bytes together.`);
    }
    if (isRef(value)) return value;
    const expanded: JsonObject = {};
    for (const [key, part] of Object.entries(value)) setOwn(expanded, key, await expandWithin(part, budget));
    return expanded;
  }

  return {
    load,
    expand(value) {
      const refs = findRefs(value);
      if (refs === null) throw refusePayload('too-large', 'It refers to too many objects.');
      const isShrunk = refs.some((ref) => ref.name === PAYLOAD_NAME);
      return isShrunk ? expandWithin(value, { bytes: maxBytes }) : value;
    },
  };
}

export function refusePayload(code: string, message: string): SignalboxError {
  return new SignalboxError(
    code === 'not-json' ? 'INVALID' : 'TOO_LARGE',
    `The payload cannot be taken. ${message}`,
    { advice: 'Split it, or raise SIGNALBOX_PAYLOAD_MAX.' },
  );
}

/**
 * Why a payload cannot be given to anybody, however often it is asked for: it is gone, damaged or too large. Null when
 * the store is only away.
 */
export function whyUnreadable(value: Json, error: unknown): string | null {
  if (!(error instanceof SignalboxError)) return null;
  if (error.code === 'TOO_LARGE' || error.code === 'INVALID') return error.message;
  const lost = (findRefs(value) ?? []).some((ref) => isObjectLost(error, ref.$object));
  return lost ? error.message : null;
}
