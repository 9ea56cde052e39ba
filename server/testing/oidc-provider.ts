import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK } from 'jose';

/** A certified OpenID provider in the test's process. It asks nobody anything: whoever comes is `account.id`. */
export interface TestProvider extends AsyncDisposable {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Who is signed in there now. */
  account: { id: string; name: string; email: string };
  /** Requests for tokens that it has answered, by status. */
  tokenAnswers: number[];
}

interface Library {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  on(event: string, listener: (...args: unknown[]) => void): void;
  Grant: new (fields: object) => { addOIDCScope(scope: string): void; save(): Promise<void> };
}

interface Package {
  Provider: new (issuer: string, configuration: object) => Library;
}

export async function startTestProvider(redirectUris: () => string[]): Promise<TestProvider> {
  // @ts-expect-error: the package has no types
  const { Provider }: Package = await import('oidc-provider');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = { id: 'sub-1', name: 'Ada', email: 'ada@example.org' };
  const clientId = 'signalbox';
  const clientSecret = 'a-secret-of-the-client-0123456789';
  let library: Library;
  const tokenAnswers: number[] = [];
  const server = createServer((request, response) => {
    response.once('finish', () => {
      if (request.url?.startsWith('/token')) tokenAnswers.push(response.statusCode);
    });
    if (!request.url?.startsWith('/interaction/')) return library.callback()(request, response);
    void library.interactionFinished(request, response, { login: { accountId: account.id } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  library = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris() }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['a-key-for-the-cookies'] },
    claims: { profile: ['name'], email: ['email'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_context: object, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: object, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, name: account.name, email: account.email, email_verified: true }),
    }),
    async loadExistingGrant() {
      const grant = new library.Grant({ clientId, accountId: account.id });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  return {
    ...{ issuer, clientId, clientSecret, account, tokenAnswers },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
