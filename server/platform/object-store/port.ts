import { SignalboxError } from '#server/domain/errors.ts';

/**
 * Large payloads and artefacts, named by the SHA-256 of what they hold. So a name never changes its content, storing
 * twice is storing once, and whoever reads can tell whether the bytes are the right ones.
 */
export interface StoredObject {
  /** SHA-256, 64 hex digits. */
  hash: string;
  bytes: number;
}

export type ObjectContent = Uint8Array | AsyncIterable<Uint8Array>;

export interface ObjectStore {
  /** Checks that the place exists and can be written, and says clearly when not. */
  start(): Promise<void>;
  /**
   * Either all of it is there afterwards, durable, or nothing is. TOO_LARGE past the limit of the store. `announce` is
   * waited for when the name is known and before it is looked whether the object is there already.
   */
  put(content: ObjectContent, announce?: (object: StoredObject) => Promise<void>): Promise<StoredObject>;
  /** The whole object, its length and hash verified. NOT_FOUND when it is not there. */
  get(hash: string): Promise<Uint8Array>;
  /** For what need not fit in memory. The stream ends with an error when the bytes are not those of the hash. */
  open(hash: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }>;
  has(hash: string): Promise<boolean>;
  /** Null when it is not there. */
  stat(hash: string): Promise<StoredObject | null>;
  /** True when it was there. */
  delete(hash: string): Promise<boolean>;
}

export const DEFAULT_MAX_OBJECT_BYTES = 1024 * 1024 * 1024;

const HASH = /^[0-9a-f]{64}$/;

/** Every hash passes here before it becomes part of a path or a URL, so nothing else ever does. */
export function checkHash(hash: string): string {
  if (typeof hash === 'string' && HASH.test(hash)) return hash;
  throw new SignalboxError('INVALID', 'An object is named by 64 lower-case hex digits (SHA-256).', {
    advice: 'Use the hash that storing it returned.',
  });
}

export function objectMissing(hash: string): SignalboxError {
  return new SignalboxError('NOT_FOUND', `There is no object ${hash}.`, {
    advice: 'It was never stored, or retention has removed it.',
    details: { object: hash },
  });
}

export function objectDamaged(hash: string): SignalboxError {
  return new SignalboxError('INTERNAL', `The object ${hash} is damaged: its bytes do not match its hash.`, {
    advice: 'Restore it from a backup, or run again what made it.',
    details: { object: hash },
  });
}

/** The object itself is the trouble, and asking again brings the same; any other failure is one of the store. */
export function isObjectLost(error: unknown, hash: string): error is SignalboxError {
  return (
    error instanceof SignalboxError && (error.details as { object?: unknown } | undefined)?.object === hash
  );
}

export function objectTooLarge(maxBytes: number): SignalboxError {
  return new SignalboxError('TOO_LARGE', `An object may have ${maxBytes} bytes at most.`, {
    advice: 'Store it in parts, or raise the limit.',
  });
}
