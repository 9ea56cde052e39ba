import type { Role } from '#server/identity/permissions.ts';
import type { Asked, HttpAnswer, TestDoors } from './http.ts';

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

export function browserWith(doors: TestDoors, cookie: string): Browser {
  const headers = { cookie, origin: doors.origin, 'sec-fetch-site': 'same-origin' };
  return {
    cookie,
    headers,
    ask: (path, asked = {}) => doors.ask(path, { ...asked, headers: { ...headers, ...asked.headers } }),
  };
}

/** By the link that the start prints; `issue` makes one. */
export async function signInByLink(doors: TestDoors, issue: () => Promise<string>): Promise<Browser> {
  return browserWith(doors, cookieOf(await doors.ask(`/sign-in?token=${await issue()}`)));
}

let people = 0;

/** Somebody new, whom an owner has invited. */
export async function joinAs(doors: TestDoors, owner: Pick<Browser, 'ask'>, role: Role): Promise<Member> {
  const { body: invite } = await owner.ask('/api/v1/invites', { body: { role } });
  const email = `person-${++people}@example.org`;
  const account = { name: `Person ${people}`, email, password: PASSWORD };
  const joined = await doors.ask('/api/v1/auth/join', { body: { token: invite.token, ...account } });
  if (joined.status !== 200) throw new Error(`nobody joined: ${JSON.stringify(joined.body)}`);
  return { ...browserWith(doors, cookieOf(joined)), id: joined.body.id, email };
}
