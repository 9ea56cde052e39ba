import { refreshAuthorization } from '@modelcontextprotocol/client';
import { SignalboxError } from '#server/domain/errors.ts';
import { beginSignIn, finishSignIn, type KeptClient, type WebFetch } from '#server/gateway/sign-ins/flow.ts';
import { type KeptTokens, toKept } from '#server/gateway/sign-ins/renewals.ts';
import type { SignedLineOptions } from '#server/gateway/sign-ins/signed-line.ts';

/** Who the suite says that it has registered. */
export interface Registered {
  client_id?: string;
  client_secret?: string;
}

/** What the suite calls a client that says who it is by a document. */
const ORIGIN = 'https://conformance-test.local';
const CONNECTION = 'c'.repeat(32);

export interface ConformancePerson
  extends Pick<SignedLineOptions['signIns'], 'tokenFor' | 'replace' | 'giveUp'> {
  /** Whether what was refused is worth another try: somebody who was sent to sign in again has. */
  signsInAgain(): Promise<boolean>;
}

/** Somebody who signs in wherever the gateway sends them, with the gateway's own flow and nothing but memory behind it. */
export function createConformancePerson(options: {
  url: string;
  context: Registered;
  fetch: WebFetch;
}): ConformancePerson {
  const { url, context, fetch } = options;
  let kept: KeptClient | null = null;
  let tokens: KeptTokens | null = null;
  let wanted: { scope: string | null } | undefined;

  async function signIn(wantedScope: string | null): Promise<string> {
    const begun = await beginSignIn({
      ...{ serverUrl: url, origin: ORIGIN, clientDocument: `${ORIGIN}/client-metadata.json`, fetch },
      ...{ connectionUuid: CONNECTION, holderUuid: CONNECTION, kept, now: Date.now() },
      settings: { mode: 'each', ...(context.client_id === undefined ? {} : { clientId: context.client_id }) },
      scopes: [tokens?.scope ?? null, wantedScope],
      secret: context.client_secret ?? null,
    });
    kept = begun.client;
    const asked = await fetch(begun.url, {});
    const { searchParams: query } = new URL(asked.headers.get('location') ?? '', ORIGIN);
    const given = await finishSignIn(begun.errand, { query, now: Date.now(), fetch });
    tokens = toKept(begun.errand, given, Date.now());
    return tokens.accessToken;
  }

  return {
    tokenFor: async () => tokens?.accessToken ?? signIn(null),
    async replace() {
      const { refreshToken = null, issuer = '', metadata, client, resource = null } = tokens ?? {};
      // Who has nothing to renew with signs in again; who gives out tokens may be somebody else by then.
      if (refreshToken === null || !client || !metadata) return signIn(null);
      const given = await refreshAuthorization(issuer, {
        ...{ metadata, clientInformation: client, refreshToken, fetchFn: fetch },
        ...(resource === null ? {} : { resource }),
      }).catch(() => null);
      if (!given || !tokens) return signIn(null);
      tokens = toKept(tokens, given, Date.now());
      return tokens.accessToken;
    },
    async giveUp(_connection, { problem, wantedScope: scope = null }) {
      wanted = { scope };
      return new SignalboxError('FORBIDDEN', problem);
    },
    async signsInAgain() {
      if (!wanted) return false;
      const { scope } = wanted;
      wanted = undefined;
      await signIn(scope);
      return true;
    },
  };
}
