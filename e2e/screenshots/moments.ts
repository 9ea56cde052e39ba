import type { Page } from 'playwright-core';
import { PASSWORD } from '../stack/people.ts';

/** What people see for a moment only: it is brought about on an open page. */

/** This page's line alone; others of the same browser keep theirs. */
export async function cutLine(page: Page): Promise<void> {
  const wires = await page.context().newCDPSession(page);
  await wires.send('Network.enable');
  await wires.send('Network.emulateNetworkConditions', {
    ...{ offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 },
  });
  await page.getByText('No line to the server.').waitFor();
}

/** Paper instead of a screen. */
export const onPaper = (page: Page): Promise<void> => page.emulateMedia({ media: 'print' });

/** Somebody else saves the draft, after which this page has something of its own to save. */
export async function meetConflict(page: Page): Promise<void> {
  const { origin, pathname } = new URL(page.url());
  const [id] = /pipe_[0-9a-f]+/.exec(pathname) ?? [];
  const address = `${origin}/api/v1/pipelines/${id}/draft`;
  const { revision, document } = await (await page.request.get(address)).json();
  const [first, ...others] = document.stages;
  // Another name each time, where the data is kept.
  const stages = [{ ...first, name: `${first.key}, as others call it (${revision})` }, ...others];
  const saved = await page.request.put(address, {
    headers: { origin },
    data: { revision, document: { ...document, stages } },
  });
  if (!saved.ok()) throw new Error(`The draft was not saved: ${saved.status()} ${await saved.text()}`);
  await page.keyboard.press('n');
  await page.getByRole('dialog', { name: 'Somebody else has changed this draft' }).waitFor();
}

/** At the name of this machine, since browsers bind passkeys to names: as somebody in person, by their invitation. */
export const addPasskey =
  (invite: string) =>
  async (page: Page): Promise<void> => {
    const origin = new URL(page.url()).origin.replace('127.0.0.1', 'localhost');
    const data = { token: new URL(invite, origin).hash.slice(1), name: 'Grace', password: PASSWORD };
    const email = `grace-${crypto.randomUUID()}@example.org`;
    await page.request.post(`${origin}/api/v1/auth/join`, { headers: { origin }, data: { ...data, email } });
    await page.goto(`${origin}/settings/account`);
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('dialog', { name: 'Add a passkey' }).waitFor();
  };

interface Bulk {
  [field: string]: unknown;
  total: number;
}

/** How a bulk looks when half of it is done: what the server says of it is told as it was then. */
export async function stopHalfway(page: Page): Promise<void> {
  await page.route(/\/api\/trpc\/bulk\.(get|items)/, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const { data } = body.result;
    Object.assign(data, data.items ? { items: data.items.map(asOfHalf) } : halfOf(data));
    await route.fulfill({ response, json: body });
  });
  await page.reload();
  await page.getByRole('button', { name: 'Abort' }).waitFor();
}

function halfOf({ total }: Bulk): Partial<Bulk> {
  const succeeded = Math.ceil(total / 2);
  const progress = succeeded / total;
  return { status: 'open', finished_at: null, ...{ succeeded, skipped: 0, failed: 0, progress } };
}

/** It has not been the turn of the others. */
const asOfHalf = (item: object, at: number, { length }: readonly object[]): object =>
  at < Math.ceil(length / 2) ? item : { ...item, result: null, made: null, made_status: null };
