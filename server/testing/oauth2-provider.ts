import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * A server of plain OAuth 2.0 in the test's process: no id tokens, nothing published of itself, and an address that
 * says whose token it is. It holds its clients to PKCE, and lets in whoever comes as `account`.
 */
export interface TestOAuth2Provider extends AsyncDisposable {
  /** What stands in the identity file, but for id and name. */
  entry: {
    type: 'oauth2';
    issuer: string;
    authorizeUrl: string;
    tokenUrl: string;
    userinfoUrl: string;
    clientId: string;
    clientSecret: string;
    subjectClaim: string;
    nameClaims: string[];
  };
  /** What it says of whoever is signed in there now. */
  account: Record<string, unknown>;
  /** In the place of its own answers, while there is one. */
  answers: { token?: Answering; userinfo?: Answering };
  /** Requests for tokens that it has answered, by status, and how each client proved itself. */
  tokenAnswers: number[];
  proofs: ('basic' | 'post')[];
  /** Says in the address that leads back who it is. */
  issuerInAnswers?: string;
}

type Answering = (response: ServerResponse) => void;

interface Grant {
  challenge: string;
  redirectUri: string;
}

const CLIENT = { id: 'signalbox', secret: 'a-secret-of-the-client-0123456789' };

export async function startTestOAuth2Provider(): Promise<TestOAuth2Provider> {
  const grants = new Map<string, Grant>();
  const tokens = new Set<string>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://any.invalid');
    if (url.pathname === '/authorize') return authorize(url.searchParams, response);
    if (url.pathname === '/token') return void token(request, response);
    if (url.pathname === '/user') return userinfo(request, response);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const provider: TestOAuth2Provider = {
    entry: {
      type: 'oauth2',
      issuer: origin,
      authorizeUrl: `${origin}/authorize`,
      tokenUrl: `${origin}/token`,
      userinfoUrl: `${origin}/user`,
      ...{ clientId: CLIENT.id, clientSecret: CLIENT.secret },
      ...{ subjectClaim: 'id', nameClaims: ['name', 'login'] },
    },
    account: { id: 1, name: 'Ada', login: 'ada' },
    answers: {},
    ...{ tokenAnswers: [], proofs: [] },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };

  function authorize(asked: URLSearchParams, response: ServerResponse): void {
    const [challenge, redirectUri] = [asked.get('code_challenge'), asked.get('redirect_uri')];
    if (!challenge || !redirectUri || asked.get('code_challenge_method') !== 'S256' || asked.has('nonce'))
      return void response.writeHead(400).end('neither a challenge by S256, or a nonce that nobody wants');
    const code = randomBytes(16).toString('hex');
    grants.set(code, { challenge, redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state') ?? '');
    if (provider.issuerInAnswers) back.searchParams.set('iss', provider.issuerInAnswers);
    response.writeHead(302, { location: back.href }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    if (provider.answers.token) return provider.answers.token(response);
    const grant = grants.get(form.get('code') ?? '');
    grants.delete(form.get('code') ?? '');
    const proof = proofOf(request, form);
    const digest = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isFine =
      proof && grant && grant.challenge === digest && grant.redirectUri === form.get('redirect_uri');
    provider.tokenAnswers.push(isFine ? 200 : 400);
    if (!isFine) return sendJson(response, { error: 'invalid_grant' }, 400);
    provider.proofs.push(proof);
    const accessToken = randomBytes(16).toString('hex');
    tokens.add(accessToken);
    sendJson(response, { access_token: accessToken, token_type: 'bearer', scope: '' });
  }

  function userinfo(request: IncomingMessage, response: ServerResponse): void {
    if (provider.answers.userinfo) return provider.answers.userinfo(response);
    const [kind, shown = ''] = (request.headers.authorization ?? '').split(' ');
    if (kind !== 'Bearer' || !tokens.has(shown)) return sendJson(response, { message: 'who?' }, 401);
    sendJson(response, provider.account);
  }

  return provider;
}

function proofOf({ headers }: IncomingMessage, form: URLSearchParams): 'basic' | 'post' | undefined {
  const [kind, shown = ''] = (headers.authorization ?? '').split(' ');
  // Each half is written as in a form, says the standard: a dash may come as %2D.
  const halves = Buffer.from(shown, 'base64').toString().split(':').map(decodeURIComponent);
  if (kind === 'Basic') return isClient(halves[0], halves[1]) ? 'basic' : undefined;
  return isClient(form.get('client_id'), form.get('client_secret')) ? 'post' : undefined;
}

const isClient = (id: unknown, secret: unknown): boolean => id === CLIENT.id && secret === CLIENT.secret;

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
