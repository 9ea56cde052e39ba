import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits of chance: what it was made from cannot be guessed, so a plain hash of it is enough to keep. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a token. A copy of the database opens nothing. */
export function digest(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Compared as digests, so that neither length nor time tells anything. */
export function equals(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digest(left)), Buffer.from(digest(right)));
}
