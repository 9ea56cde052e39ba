import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { RunningServer } from './running-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: a journey reads into answers and fails when they are not as it says
type Body = any;

/** What programs on this machine show to the API, as it lies in the data folder. */
export const readSecret = async (dataDir: string): Promise<string> =>
  (await readFile(join(dataDir, 'api-secret'), 'utf8')).trim();

/** The API as a program on this machine asks it. */
export async function openApi(server: RunningServer, dataDir: string) {
  const secret = await readSecret(dataDir);
  return async (path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<Body> => {
    const answer = await fetch(`${server.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
}
export type Api = Awaited<ReturnType<typeof openApi>>;

let count = 0;

export interface Person {
  page: Page;
  email: string;
}

export const PASSWORD = 'correct horse battery';

/**
 * Somebody with a role, signed in, with an empty window of their own. Their invitation is taken up without its page, which
 * `sign-in.test.ts` goes through.
 */
export async function joinAs(
  { browser, server: { origin }, api }: { browser: Browser; server: RunningServer; api: Api },
  role: string,
  name = `Somebody who is ${role}`,
): Promise<Person> {
  const { link } = await api('/invites', { role });
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
  const email = `${role}${++count}@example.org`;
  const answer = await context.request.post(`${origin}/api/v1/auth/join`, {
    headers: { origin },
    data: { token: new URL(link, origin).hash.slice(1), name, email, password: PASSWORD },
  });
  if (!answer.ok()) throw new Error(`${role} could not join: ${answer.status()} ${await answer.text()}`);
  return { page: await context.newPage(), email };
}
