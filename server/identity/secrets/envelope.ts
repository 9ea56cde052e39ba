import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SignalboxError } from '#server/domain/errors.ts';
import type { SecretKey, SecretKeys } from './keys.ts';

/** What a sealed value belongs to: moved anywhere else, it does not open. */
export interface SealedPlace {
  orgUuid: string;
  name: string;
  version: number;
}

export interface Envelope {
  keyId: string;
  wrappedKey: Uint8Array;
  sealed: Uint8Array;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Each value under a random key of its own, used once; that one under the current secret key. */
export function seal(value: string, place: SealedPlace, [current]: SecretKeys): Envelope {
  const dataKey = randomBytes(32);
  return {
    keyId: current.id,
    wrappedKey: encrypt(dataKey, current.bytes, wrapContext(place, current.id)),
    sealed: encrypt(Buffer.from(value, 'utf8'), dataKey, valueContext(place)),
  };
}

export function open(envelope: Envelope, place: SealedPlace, keys: SecretKeys): string {
  const dataKey = unwrap(envelope, place, keys);
  return decrypt(envelope.sealed, dataKey, valueContext(place)).toString('utf8');
}

/** The same value under the current secret key; the value itself is not opened. */
export function rewrap(envelope: Envelope, place: SealedPlace, keys: SecretKeys): Envelope {
  const [current] = keys;
  const dataKey = unwrap(envelope, place, keys);
  const wrappedKey = encrypt(dataKey, current.bytes, wrapContext(place, current.id));
  return { ...envelope, keyId: current.id, wrappedKey };
}

function unwrap({ keyId, wrappedKey }: Envelope, place: SealedPlace, keys: SecretKeys): Buffer {
  const key = keys.find(({ id }) => id === keyId);
  if (!key) throw lostKey(keyId);
  return decrypt(wrappedKey, key.bytes, wrapContext(place, keyId));
}

export function lostKey(keyId: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `Secrets are sealed under the key ${keyId}, which is not there.`, {
    advice:
      'Put that key back: into SIGNALBOX_SECRET_KEYS, or the data folder with the file secret-key from its backup.',
  });
}

const wrapContext = ({ orgUuid, name, version }: SealedPlace, keyId: SecretKey['id']): string =>
  JSON.stringify(['key', orgUuid, name, version, keyId]);
const valueContext = ({ orgUuid, name, version }: SealedPlace): string =>
  JSON.stringify(['value', orgUuid, name, version]);

function encrypt(plain: Uint8Array, key: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(box: Uint8Array, key: Uint8Array, context: string): Buffer {
  const bytes = Buffer.from(box);
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw damaged();
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw damaged();
  }
}

/** Says nothing of what is in it or why it did not open. */
function damaged(): SignalboxError {
  return new SignalboxError(
    'INTERNAL',
    'A secret does not open: it was changed, or it stands where it does not belong.',
    {
      advice: 'Store the secret again.',
    },
  );
}
