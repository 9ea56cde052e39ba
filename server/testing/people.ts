import type { Role } from '#server/identity/permissions.ts';
import type { Authenticator, CreatedCredential, Oddities } from './authenticator.ts';
import type { Asked, HttpAnswer, TestDoors } from './http.ts';

type Doors = Pick<TestDoors, 'ask' | 'origin'>;

/** A person in a browser: shows its cookie, and what browsers add. */
export interface Browser {
  cookie: string;
  headers: Record<string, string>;
  ask(path: string, asked?: Asked): Promise<HttpAnswer>;
}

export interface Member extends Browser {
  id: string;
  email: string;
}

export const PASSWORD = 'correct horse battery';

export function cookieOf(answer: HttpAnswer): string {
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

export function browserWith(doors: Doors, cookie: string): Browser {
  const headers = { cookie, origin: doors.origin, 'sec-fetch-site': 'same-origin' };
  return {
    cookie,
    headers,
    ask: (path, asked = {}) => doors.ask(path, { ...asked, headers: { ...headers, ...asked.headers } }),
  };
}

/** By the link that the start prints; `issue` makes one. */
export async function signInByLink(doors: Doors, issue: () => Promise<string>): Promise<Browser> {
  return browserWith(doors, cookieOf(await doors.ask(`/sign-in?token=${await issue()}`)));
}

let people = 0;

/** Somebody new, whom an owner has invited. */
export async function joinAs(doors: Doors, owner: Pick<Browser, 'ask'>, role: Role): Promise<Member> {
  const { body: invite } = await owner.ask('/api/v1/invites', { body: { role } });
  const email = `person-${++people}@example.org`;
  const account = { name: `Person ${people}`, email, password: PASSWORD };
  const joined = await doors.ask('/api/v1/auth/join', { body: { token: invite.token, ...account } });
  if (joined.status !== 200) throw new Error(`nobody joined: ${JSON.stringify(joined.body)}`);
  return { ...browserWith(doors, cookieOf(joined)), id: joined.body.id, email };
}

/** What a browser makes of a passkey that its person wants to add. */
export async function makePasskey(
  { ask }: Pick<Browser, 'ask'>,
  authenticator: Authenticator,
  { password, odd }: { password?: string; odd?: Oddities } = {},
): Promise<CreatedCredential> {
  const body = password === undefined ? {} : { current_password: password };
  const prepared = await ask('/api/v1/me/passkeys/challenge', { body });
  if (prepared.status !== 200) throw new Error(`nothing to sign: ${JSON.stringify(prepared.body)}`);
  return authenticator.create(prepared.body.public_key, odd);
}

/** One that is known from now on; returns its id. */
export async function addPasskey(
  browser: Pick<Browser, 'ask'>,
  authenticator: Authenticator,
  password?: string,
): Promise<string> {
  const credential = await makePasskey(browser, authenticator, password === undefined ? {} : { password });
  const added = await browser.ask('/api/v1/me/passkeys', { body: { name: 'The laptop', credential } });
  if (added.status !== 201) throw new Error(`no passkey: ${JSON.stringify(added.body)}`);
  return added.body.id;
}
