import { setTimeout as sleep } from 'node:timers/promises';
import {
  OAuthError,
  OAuthErrorCode,
  type OAuthTokens,
  refreshAuthorization,
} from '@modelcontextprotocol/client';
import type { Sql } from '#db/client.ts';
import {
  dueForRenewal,
  endRenewal,
  leaseRenewal,
  readSignIn,
  type SignInPlace,
  writeNeeded,
  writeRenewed,
} from '#db/queries/mcp-sign-ins.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import type { SignInErrand, WebFetch } from './flow.ts';
import type { SealedNotes } from './notes.ts';

export interface KeptTokens
  extends Omit<SignInErrand, 'stateHash' | 'expiresAt' | 'codeVerifier' | 'redirectUri'> {
  accessToken: string;
  refreshToken: string | null;
  expiresAt: number | null;
}

/** Keeps tokens from growing old. Null, wherever there is none: somebody has to sign in. */
export interface Renewals {
  load(place: SignInPlace): Promise<KeptTokens | null>;
  /** Others than the stale one; from whoever renews them at the moment, if somebody does. */
  renew(place: SignInPlace, stale: string): Promise<KeptTokens | null>;
  stop(): void;
}

export interface RenewalOptions {
  sql: Sql;
  notes: SealedNotes;
  fetch: WebFetch;
  /** Tokens are renewed before anybody asks for them, by this process. */
  isKeeper: boolean;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

const KEEP_AHEAD_MS = 120_000;
const KEEP_EVERY_MS = 30_000;
const KEEP_AT_ONCE = 50;
/** Longer than any request for tokens may take. */
const LEASE_MS = 30_000;
const LOOK_MS = 200;

export function createRenewals(options: RenewalOptions): Renewals {
  const { sql, notes, fetch, now, onTrouble } = options;
  const underway = new Map<string, Promise<KeptTokens | null>>();

  async function load(place: SignInPlace): Promise<KeptTokens | null> {
    const row = await readSignIn(sql, place);
    return row?.state === 'signed-in' ? notes.read<KeptTokens>({ ...place, name: place.holderUuid }) : null;
  }

  /** In one process at a time: a token for renewal that was used by another must not be sent again. */
  async function renewAlone(place: SignInPlace, stale: string): Promise<KeptTokens | null> {
    const until = now() + LEASE_MS * 2;
    while (!(await leaseRenewal(sql, place, LEASE_MS))) {
      const tokens = await load(place);
      if (tokens?.accessToken !== stale) return tokens;
      if (now() > until) throw notNow(null);
      await sleep(LOOK_MS);
    }
    const tokens = await load(place);
    if (tokens?.accessToken === stale) return ask(place, tokens);
    await endRenewal(sql, place);
    return tokens;
  }

  async function ask(place: SignInPlace, tokens: KeptTokens): Promise<KeptTokens | null> {
    const { issuer, metadata, client, resource, refreshToken } = tokens;
    if (refreshToken === null) {
      await writeNeeded(sql, place, { problem: 'It has ended, and cannot be renewed.' });
      return null;
    }
    try {
      const given = await refreshAuthorization(issuer, {
        ...{ metadata, clientInformation: client, refreshToken, fetchFn: fetch },
        ...(resource === null ? {} : { resource }),
      });
      const renewed = toKept(tokens, given, now());
      await notes.write({ ...place, name: place.holderUuid }, renewed);
      const isKept = await writeRenewed(sql, place, { lifeMs: lifeOf(given), scope: given.scope ?? null });
      if (isKept) return renewed;
      // Signed out meanwhile, or no member any more: what came is for nobody.
      await notes.take({ ...place, name: place.holderUuid });
      return null;
    } catch (error) {
      if (!isFinal(error)) {
        await endRenewal(sql, place);
        throw notNow(error);
      }
      await writeNeeded(sql, place, { problem: 'The authorization server does not renew it any more.' });
      return null;
    }
  }

  function renew(place: SignInPlace, stale: string): Promise<KeptTokens | null> {
    const key = keyOf(place);
    const mine = underway.get(key) ?? renewAlone(place, stale).finally(() => underway.delete(key));
    underway.set(key, mine);
    return mine;
  }

  async function keepOne(place: SignInPlace): Promise<void> {
    const tokens = await load(place);
    if (!tokens) return;
    if (isOld(tokens, now(), KEEP_AHEAD_MS)) return void (await renew(place, tokens.accessToken));
    // Whoever renewed it died before the row said so.
    const lifeMs = tokens.expiresAt === null ? null : tokens.expiresAt - now();
    await writeRenewed(sql, place, { lifeMs, scope: null });
  }

  async function keep(): Promise<void> {
    for (const place of await dueForRenewal(sql, KEEP_AHEAD_MS, KEEP_AT_ONCE)) {
      await keepOne(place).catch((error) =>
        onTrouble('A sign-in at an MCP server could not be renewed.', error),
      );
    }
  }

  const timer = setInterval(() => {
    keep().catch((error) => onTrouble('Sign-ins at MCP servers could not be looked through.', error));
  }, KEEP_EVERY_MS);
  timer.unref();
  if (!options.isKeeper) clearInterval(timer);

  return { load, renew, stop: () => clearInterval(timer) };
}

export const keyOf = ({ connectionUuid, holderUuid }: SignInPlace): string =>
  `${connectionUuid}/${holderUuid}`;

export const lifeOf = ({ expires_in }: OAuthTokens): number | null =>
  expires_in === undefined ? null : expires_in * 1000;

export function isOld({ expiresAt }: KeptTokens, now: number, aheadMs: number): boolean {
  return expiresAt !== null && expiresAt - now < aheadMs;
}

export function toKept(from: SignInErrand | KeptTokens, given: OAuthTokens, now: number): KeptTokens {
  const { holderUuid, issuer, metadata, client, resource, scope } = from;
  const lifeMs = lifeOf(given);
  return {
    ...{ holderUuid, issuer, metadata, client, resource, scope },
    accessToken: given.access_token,
    refreshToken: given.refresh_token ?? null,
    expiresAt: lifeMs === null ? null : now + lifeMs,
  };
}

const FINAL: readonly string[] = [
  OAuthErrorCode.InvalidGrant,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
];
const isFinal = (error: unknown): boolean => error instanceof OAuthError && FINAL.includes(error.code);

function notNow(cause: unknown): SignalboxError {
  return new SignalboxError('UNAVAILABLE', 'The sign-in could not be renewed now.', {
    ...(cause === null ? {} : { cause }),
    advice: 'Try again in a while.',
  });
}
