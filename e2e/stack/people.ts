import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { RunningServer } from './running-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: a journey reads into answers and fails when they are not as it says
type Body = any;

/** The API as a program on this machine asks it. */
export async function openApi(server: RunningServer, dataDir: string) {
  const token = (await readFile(join(dataDir, 'api-secret'), 'utf8')).trim();
  return async (path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<Body> => {
    const answer = await fetch(`${server.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
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

/** Somebody with a role, signed in in a browser of their own. */
export async function joinAs(
  { browser, server, api }: { browser: Browser; server: RunningServer; api: Api },
  role: string,
  name = `Somebody who is ${role}`,
): Promise<Person> {
  const { link } = await api('/invites', { role });
  const page = await (await browser.newContext({ viewport: { width: 1360, height: 900 } })).newPage();
  const email = `${role}${++count}@example.org`;
  await page.goto(server.origin + link);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForURL((url) => !url.pathname.startsWith('/join'));
  return { page, email };
}
