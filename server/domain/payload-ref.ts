import { isJsonObject, type Json } from './json.ts';

/** Large data travels beside messages and rows, by content hash. */
export interface PayloadRef {
  /** SHA-256 of what it stands for, 64 hex digits. */
  $object: string;
  bytes: number;
  contentType: string;
  name?: string;
}

/** Marks a reference that stands for the value itself, which an agent's own JSON file does not. */
export const PAYLOAD_NAME = 'signalbox-payload.json';

const HASH = /^[0-9a-f]{64}$/;
/** As long and as plain as a media type is. */
const CONTENT_TYPE = /^[\x20-\x7e]{1,255}$/;

export function isRef(value: Json | undefined): boolean {
  if (!isJsonObject(value)) return false;
  const { $object, bytes, contentType } = value;
  if (typeof $object !== 'string' || !HASH.test($object)) return false;
  if (typeof contentType !== 'string' || !CONTENT_TYPE.test(contentType)) return false;
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0;
}

/**
 * The value was too large for a row and stands in the object store: whoever judges by it must open it first. Only a
 * value that was large as a whole; a reference somewhere inside a small one is data like any other.
 */
export function payloadRefOf(value: Json | undefined): PayloadRef | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return value.name === PAYLOAD_NAME && isRef(value) ? (value as unknown as PayloadRef) : null;
}

/** More than any real payload has; each becomes a row. */
export const MAX_REFS = 10_000;

/** Every reference within a value, without recursion; null when there are more than `MAX_REFS`. */
export function findRefs(root: Json): PayloadRef[] | null {
  const refs: PayloadRef[] = [];
  const stack: Json[] = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (Array.isArray(value)) for (const item of value) stack.push(item);
    else if (isJsonObject(value)) {
      if (isRef(value)) refs.push(value as unknown as PayloadRef);
      else for (const item of Object.values(value)) stack.push(item);
    }
    if (refs.length > MAX_REFS) return null;
  }
  return refs;
}
