import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Actor, LOCAL_OWNER } from './actor.ts';

/**
 * Who may come in until accounts exist: the one who started the server. A link with a token that works once becomes a
 * session; programs show the secret from the data folder. Sessions are signed and not stored, so they outlive a restart.
 */
export interface LocalOwner {
  /** A token for one sign-in. */
  issueToken(): string;
  /** The session that the token buys, once; undefined when it is wrong, used or old. */
  redeem(token: string): { session: string; maxAgeSeconds: number } | undefined;
  actorOfSession(session: string): Actor | undefined;
  /** When a session that was found good ends. */
  endOfSession(session: string): number;
  actorOfBearer(secret: string): Actor | undefined;
}

const SESSION_SECONDS = 30 * 24 * 3600;
const TOKEN_MS = 24 * 3600 * 1000;

export function createLocalOwner({ secret, now }: { secret: string; now: () => number }): LocalOwner {
  const tokens = new Map<string, number>();
  const sign = (text: string) => createHmac('sha256', secret).update(`session ${text}`).digest('base64url');
  return {
    issueToken() {
      const token = randomBytes(24).toString('base64url');
      tokens.set(digest(token), now() + TOKEN_MS);
      return token;
    },
    redeem(token) {
      const key = digest(token);
      const until = tokens.get(key);
      tokens.delete(key);
      if (until === undefined || until < now()) return undefined;
      const body = `${now() + SESSION_SECONDS * 1000}.${randomBytes(12).toString('base64url')}`;
      return { session: `${body}.${sign(body)}`, maxAgeSeconds: SESSION_SECONDS };
    },
    actorOfSession(session) {
      const at = session.lastIndexOf('.');
      const body = session.slice(0, at);
      if (at < 0 || !equals(session.slice(at + 1), sign(body))) return undefined;
      return endOf(body) > now() ? LOCAL_OWNER : undefined;
    },
    endOfSession: endOf,
    actorOfBearer: (given) => (equals(given, secret) ? LOCAL_OWNER : undefined),
  };
}

/** The body of a session begins with it. */
function endOf(session: string): number {
  return Number(session.split('.')[0]);
}

/** Kept and compared as digests, so that neither length nor time tells anything. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function equals(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digest(left)), Buffer.from(digest(right)));
}
