import { createHash } from 'node:crypto';

/** A key that wraps the keys of secrets. It is never in the database. */
export interface SecretKey {
  id: string;
  bytes: Uint8Array;
}

/** The current one first; the others still open what was sealed under them. */
export type SecretKeys = readonly [SecretKey, ...SecretKey[]];

/** Those that were configured, or the one that follows from the secret in the data folder. */
export function toSecretKeys(given: readonly SecretKey[], folderSecret: () => string): SecretKeys {
  const [first, ...rest] = given;
  return first ? [first, ...rest] : [keyOfFolder(folderSecret())];
}

function keyOfFolder(secret: string): SecretKey {
  const bytes = createHash('sha256').update(`signalbox secret key ${secret}`).digest();
  return { id: `folder-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`, bytes };
}
