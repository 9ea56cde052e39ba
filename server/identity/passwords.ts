import crypto, { randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { SignalboxError } from '#server/domain/errors.ts';

export interface Passwords {
  /** What is kept of a password: argon2id with its own salt and costs, as one text. */
  hash(password: string): Promise<string>;
  /** Takes as long for somebody who does not exist, or has no password, as for anybody. */
  verify(password: string, kept: string | null): Promise<boolean>;
}

export interface PasswordOptions {
  /** Tests need no cost. */
  memoryKib?: number;
  passes?: number;
  /** Each takes a thread and its memory; more wait. */
  maxAtOnce?: number;
  maxWaiting?: number;
}

interface Costs {
  memoryKib: number;
  passes: number;
}

const TAG_BYTES = 32;
const KEPT = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Costs as OWASP names them for argon2id: 19 MiB, two passes. */
export function createPasswords(options: PasswordOptions = {}): Passwords {
  const { memoryKib = 19_456, passes = 2, maxAtOnce = 2, maxWaiting = 50 } = options;
  const inTurn = createTurns(maxAtOnce, maxWaiting);
  const salt = randomBytes(16);
  const nobody = inTurn(() => derive('nobody', salt, { memoryKib, passes })).then((tag) =>
    write({ memoryKib, passes }, salt, tag),
  );
  // Heard where it is awaited.
  nobody.catch(() => undefined);
  return {
    async hash(password) {
      const fresh = randomBytes(16);
      const costs = { memoryKib, passes };
      return write(costs, fresh, await inTurn(() => derive(password, fresh, costs)));
    },
    async verify(password, kept) {
      const read = KEPT.exec(kept ?? (await nobody));
      if (!read) throw new Error('a password hash in the database is malformed');
      const [, memory, turns, nonce = '', tag = ''] = read;
      const costs = { memoryKib: Number(memory), passes: Number(turns) };
      const derived = await inTurn(() => derive(password, Buffer.from(nonce, 'base64'), costs));
      return timingSafeEqual(derived, Buffer.from(tag, 'base64')) && kept !== null;
    },
  };
}

function write({ memoryKib, passes }: Costs, salt: Buffer, tag: Buffer): string {
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${plain(salt)}$${plain(tag)}`;
}

/** Node's own from 24.7 on, in a thread of its pool; before that, and where Node was built without it, slower code. */
async function derive(password: string, salt: Buffer, { memoryKib, passes }: Costs): Promise<Buffer> {
  // The same letters typed on another machine may be other code points.
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  if (typeof crypto.argon2 !== 'function') {
    const options = { m: memoryKib, t: passes, p: 1, dkLen: TAG_BYTES };
    return Buffer.from(await argon2idAsync(message, salt, options));
  }
  return promisify(crypto.argon2)('argon2id', {
    ...{ message, nonce: salt, memory: memoryKib, passes, parallelism: 1, tagLength: TAG_BYTES },
  });
}

function createTurns(maxAtOnce: number, maxWaiting: number) {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (busy >= maxAtOnce) {
      if (waiting.length >= maxWaiting) {
        throw new SignalboxError('LIMITED', 'Too many people are signing in just now.', {
          advice: 'Try again in a few seconds.',
          details: { retryAfterSeconds: 5 },
        });
      }
      // Whoever finishes hands its place on, so `busy` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else busy += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  };
}
