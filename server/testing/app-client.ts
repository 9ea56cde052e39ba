import { createHash, randomBytes } from 'node:crypto';
import type { HttpAnswer, TestDoors } from './http.ts';
import type { Browser } from './people.ts';

type Doors = Pick<TestDoors, 'ask' | 'origin'>;
type Fields = Readonly<Record<string, string>>;

/** A program that wants to be let in, and the browser that it opens. */
export interface AppClient {
  clientId: string;
  redirectUri: string;
  verifier: string;
  /** What it sends the browser to. */
  address(changes?: Readonly<Record<string, string | null>>): string;
  /** The browser goes there; with a request, if it is asked about one. */
  begin(changes?: Readonly<Record<string, string | null>>): Promise<Begun>;
  /** All the way to the code. */
  letIn(changes?: Readonly<Record<string, string | null>>): Promise<Came>;
  token(fields: Fields, doors?: Doors): Promise<HttpAnswer>;
  exchange(code: string, fields?: Fields, doors?: Doors): Promise<HttpAnswer>;
  connect(changes?: Readonly<Record<string, string | null>>): Promise<Tokens>;
}

export interface Begun {
  answer: HttpAnswer;
  request: string;
  /** Headers of the browser, with what it was given on the way. */
  headers: Record<string, string>;
}
export interface Came {
  code: string;
  params: URLSearchParams;
}
export interface Tokens {
  access: string;
  refresh: string;
  scope: string;
}

export const CALLBACK = 'http://127.0.0.1:9/callback';

export async function register(doors: Doors, metadata: object = {}): Promise<HttpAnswer> {
  return doors.ask('/oauth/register', {
    body: { client_name: 'A program', redirect_uris: [CALLBACK], ...metadata },
  });
}

/** Who has signed in in `browser` is asked. */
export async function newAppClient(
  doors: Doors,
  browser: Browser,
  client: { id?: string; redirectUri?: string } = {},
): Promise<AppClient> {
  const redirectUri = client.redirectUri ?? CALLBACK;
  const clientId =
    client.id ?? ((await register(doors, { redirect_uris: [redirectUri] })).body.client_id as string);
  const verifier = randomBytes(32).toString('base64url');

  const address: AppClient['address'] = (changes = {}) => {
    const fields: Record<string, string | null> = {
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      state: 'a-state',
      scope: 'runs:read pipelines:read',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      resource: `${doors.origin}/mcp`,
      ...changes,
    };
    const said = Object.entries(fields).filter((field): field is [string, string] => field[1] !== null);
    return `/oauth/authorize?${new URLSearchParams(said)}`;
  };

  const begin: AppClient['begin'] = async (changes) => {
    // From the program's own page: whatever the browser has of this server goes along.
    const answer = await doors.ask(address(changes), { headers: { cookie: browser.cookie } });
    const given = answer.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    const location = new URL(answer.headers.get('location') ?? '/', doors.origin);
    const headers = { ...browser.headers, cookie: [browser.cookie, ...given].join('; ') };
    return { answer, request: location.searchParams.get('request') ?? '', headers };
  };

  const letIn: AppClient['letIn'] = async (changes) => {
    const begun = await begin(changes);
    const path = `/api/v1/app-requests/${begun.request}`;
    const { body: asked } = await doors.ask(path, { headers: begun.headers });
    const wish = { org_id: asked.org_id, scopes: asked.scopes };
    const { body } = await doors.ask(path, { body: wish, headers: begun.headers });
    if (!body.go_on) throw new Error(`it was not let in: ${JSON.stringify([begun.answer, asked, body])}`);
    const back = await doors.ask(new URL(body.go_on).pathname, {
      headers: { cookie: begun.headers.cookie ?? '' },
    });
    const { searchParams } = new URL(back.headers.get('location') ?? '', doors.origin);
    return { code: searchParams.get('code') ?? '', params: searchParams };
  };

  const token: AppClient['token'] = async (fields, at = doors) => {
    const response = await fetch(`${at.origin}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, ...fields }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const exchange: AppClient['exchange'] = (code, fields = {}, at = doors) =>
    token(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...fields,
      },
      at,
    );

  return {
    ...{ clientId, redirectUri, verifier, address, begin, letIn, token, exchange },
    async connect(changes) {
      const { status, body } = await exchange((await letIn(changes)).code);
      if (status !== 200) throw new Error(`there are no tokens: ${JSON.stringify(body)}`);
      return { access: body.access_token, refresh: body.refresh_token, scope: body.scope };
    },
  };
}
