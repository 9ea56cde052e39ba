import type { BrowserContext, Page } from 'playwright-core';
import { beforeAll, expect, test, vi } from 'vitest';
import { provideInstallation } from '../stack/installation.ts';

const SLOW = { timeout: 60_000 };
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const here = provideInstallation();
const { api } = here;
let cookies: Awaited<ReturnType<BrowserContext['cookies']>>;
let run: { id: string; created_at: string; finished_at: string };
/** When a line was logged in it. */
let logged: string;

beforeAll(async () => {
  const { id } = await api('/pipelines', { name: 'Timed', stages: [{ name: 'only', type: 'echo' }] });
  run = await api(`/pipelines/${id}/execute`, { input_data: {} });
  await vi.waitFor(
    async () => {
      run = await api(`/runs/${run.id}`);
      expect((await api('/analytics')).runs.succeeded).toBe(1);
      logged = (await api(`/runs/${run.id}/logs`)).logs[0].timestamp;
    },
    { timeout: 60_000, interval: 500 },
  );
  cookies = await here.context.cookies();
});

async function openIn(timezoneId: string): Promise<Page> {
  const context = await here.browser.newContext({ timezoneId, viewport: { width: 1440, height: 900 } });
  await context.addCookies(cookies);
  return context.newPage();
}

/** As an input of that zone takes it. */
function localTime(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return parts.format(at).replace(' ', 'T');
}

/** As people of that zone call the day. */
const dayOf = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, day: '2-digit', month: 'short' }).format(new Date(at));

async function askRange(page: Page, { from, to }: { from: string; to: string }): Promise<void> {
  await page.goto(`${here.origin}/runs`);
  await page.getByTitle('Only Timed').waitFor(SLOW);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Started' }).click();
  await page.getByLabel('From', { exact: true }).fill(from);
  await page.getByLabel('To', { exact: true }).fill(to);
}

const ZONES = [
  { zone: 'UTC', said: /Times of UTC\./ },
  { zone: 'Pacific/Kiritimati', said: /Times of Pacific\/Kiritimati \(GMT\+14\)\./ },
  { zone: 'America/St_Johns', said: /Times of America\/St_Johns \(GMT-[23]:30\)\./ },
  { zone: 'Asia/Kathmandu', said: /Times of Asia\/(Kathmandu|Katmandu) \(GMT\+5:45\)\./ },
];
/** How moments name it. */
const NAMED = /(UTC|GMT[+-]\d+(:\d+)?|N[SD]T)$/;

test.each(ZONES)(
  'in $zone ranges, moments and days are those of the zone, which is named',
  async ({ zone, said }) => {
    const page = await openIn(zone);
    const created = Date.parse(run.created_at);
    const minute = Math.floor(created / MINUTE_MS) * MINUTE_MS;
    await askRange(page, { from: localTime(minute, zone), to: localTime(minute + MINUTE_MS, zone) });
    await page.getByText(said).waitFor();
    await page.getByRole('button', { name: 'Apply' }).click();
    const asked = `${new Date(minute).toISOString()}~${new Date(minute + MINUTE_MS).toISOString()}`;
    await expect.poll(() => new URL(page.url()).searchParams.get('created'), SLOW).toBe(asked);
    await page.getByTitle('Only Timed').waitFor();
    const moment = page.locator(`time[datetime="${run.created_at}"]`).first();
    expect(await moment.textContent()).toMatch(/ago$|just now/);
    const title = (await moment.getAttribute('title')) ?? '';
    expect(title).toContain(localTime(created, zone).slice(-5));
    expect(title).toContain(dayOf(run.created_at, zone));
    expect(title).toMatch(NAMED);

    // The page of the run says the same of the same moment.
    await page.goto(`${here.origin}/runs/${run.id}?tab=report`);
    await page.getByText(title, { exact: true }).first().waitFor(SLOW);

    // Lines of its log are told by the clock there, and the zone is named.
    await page.goto(`${here.origin}/runs/${run.id}?tab=logs`);
    const minuteThere = localTime(Date.parse(logged), zone).slice(-5);
    const clock = new RegExp(`^${minuteThere}:\\d\\d\\.\\d{3}$`);
    await page.getByRole('button', { name: clock }).first().waitFor(SLOW);
    await page.getByText(/· times in (UTC|GMT[+-]\d+(:\d+)?)$/).waitFor();

    // In pieces of a day each begins at midnight, as it is there.
    const end = Date.parse(run.finished_at) + 1000;
    const range = [end - 50 * DAY_MS, end].map((at) => new Date(at).toISOString()).join('~');
    await page.goto(`${here.origin}/analytics?range=${range}`);
    const chart = page.getByRole('slider', { name: 'Runs that ended' });
    await chart.waitFor(SLOW);
    await chart.focus();
    await page.keyboard.press('End');
    await expect.poll(() => chart.getAttribute('aria-valuetext'), SLOW).toContain('Succeeded 1');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(
      new RegExp(`^${dayOf(run.finished_at, zone)}(, 00:00|:)`),
    );
    await page.context().close();
  },
);

/** How each piece of the chart is called. */
async function piecesOf(page: Page): Promise<string[]> {
  const chart = page.getByRole('slider', { name: 'Runs that ended' });
  await chart.waitFor(SLOW);
  await chart.focus();
  await page.keyboard.press('Home');
  const last = Number(await chart.getAttribute('aria-valuemax'));
  const pieces: string[] = [];
  for (let at = 1; at <= last; at++) {
    await expect.poll(() => chart.getAttribute('aria-valuenow'), SLOW).toBe(String(at));
    pieces.push((await chart.getAttribute('aria-valuetext')) ?? '');
    await page.keyboard.press('ArrowRight');
  }
  return pieces;
}

test('over the changes of summer time days stay whole, and a range of two is 49 hours long', async () => {
  const page = await openIn('America/St_Johns');
  await askRange(page, { from: '2025-11-01T00:00', to: '2025-11-03T00:00' });
  await page.getByRole('button', { name: 'Apply' }).click();
  const asked = '2025-11-01T02:30:00.000Z~2025-11-03T03:30:00.000Z';
  await expect.poll(() => new URL(page.url()).searchParams.get('created'), SLOW).toBe(asked);
  await page.reload();
  await page.getByRole('button', { name: /01 Nov 2025, 00:00 – 03 Nov 2025, 00:00/ }).click(SLOW);
  expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('2025-11-01T00:00');
  expect(await page.getByLabel('To', { exact: true }).inputValue()).toBe('2025-11-03T00:00');

  // More than a year, so both changes are in it: a piece that began beside midnight would tell hours.
  const end = Date.parse(run.finished_at) + 1000;
  const range = [end - 400 * DAY_MS, end].map((at) => new Date(at).toISOString()).join('~');
  await page.goto(`${here.origin}/analytics?range=${range}`);
  const pieces = await piecesOf(page);
  expect(pieces.length).toBeGreaterThan(50);
  for (const piece of pieces.slice(1, -1)) expect(piece).toMatch(/^\d\d [A-Z]\w+ – \d\d [A-Z]\w+:/);
  await page.context().close();
});

/** By a name that all browsers have for it: some cities have two. */
async function chooseZone(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Range of time/ }).click();
  await page.getByRole('combobox', { name: 'Time zone' }).click();
  await page.getByRole('option', { name }).click();
}

test('a zone that somebody chooses holds for days, moments, typed ranges and whoever is given the address', async () => {
  const page = await openIn('America/St_Johns');
  const end = Date.parse(run.finished_at) + 1000;
  const range = [end - 50 * DAY_MS, end].map((at) => new Date(at).toISOString()).join('~');
  await page.goto(`${here.origin}/analytics?range=${range}`);
  await page.getByRole('slider', { name: 'Runs that ended' }).waitFor(SLOW);
  await chooseZone(page, 'Asia/Kabul');
  await expect.poll(() => new URL(page.url()).searchParams.get('zone'), SLOW).toBe('Asia/Kabul');

  // Somebody far away sees the days of that zone, and its name.
  const other = await openIn('Pacific/Kiritimati');
  await other.goto(page.url());
  const chart = other.getByRole('slider', { name: 'Runs that ended' });
  await chart.waitFor(SLOW);
  await other.getByRole('button', { name: /^Range of time: .*Asia\/Kabul$/ }).waitFor();
  await other.getByText(/Counted until .* GMT\+4:30\./).waitFor();
  await chart.focus();
  await other.keyboard.press('End');
  const day = dayOf(run.finished_at, 'Asia/Kabul');
  await expect
    .poll(() => chart.getAttribute('aria-valuetext'), SLOW)
    .toMatch(new RegExp(`^${day}(, 00:00|:).*Succeeded 1`));

  // What is behind the piece begins at the midnight of that zone, unless the range itself begins later.
  await other.keyboard.press('Enter');
  await other.waitForURL(/\/runs\?/, SLOW);
  const [from = ''] = (new URL(other.url()).searchParams.get('finished') ?? '').split('~');
  expect(localTime(Date.parse(from), 'Asia/Kabul')).toMatch(/T00:00$/);
  await other.getByTitle('Only Timed').waitFor(SLOW);
  // And tells its times in that zone, all of them by one key.
  await other.getByText(/^Times of Asia\/Kabul/).waitFor(SLOW);
  const moments = other
    .getByRole('row')
    .locator('time', { hasText: localTime(Date.parse(run.created_at), 'Asia/Kabul').slice(-5) });
  expect(await moments.count()).toBe(0);
  await other.keyboard.press('t');
  await moments.first().waitFor(SLOW);
  await other.context().close();
  await page.context().close();
});

test('a day on which clocks are put back is typed in the chosen zone and is 25 hours long', async () => {
  const page = await openIn('Pacific/Kiritimati');
  await page.goto(`${here.origin}/analytics?zone=Europe/Vienna`);
  await page.getByRole('button', { name: 'Range of time: last 24 hours · Europe/Vienna' }).click(SLOW);
  await page.getByLabel('From', { exact: true }).fill('2025-10-26T00:00');
  await page.getByLabel('To', { exact: true }).fill('2025-10-27T00:00');
  await page.getByText(/Times of Europe\/Vienna \(GMT\+[12]\)\./).waitFor();
  await page.getByRole('button', { name: 'Apply' }).click();
  const asked = '2025-10-25T22:00:00.000Z~2025-10-26T23:00:00.000Z';
  await expect.poll(() => new URL(page.url()).searchParams.get('range'), SLOW).toBe(asked);
  await page
    .getByRole('button', { name: /26 Oct 2025, 00:00 – 27 Oct 2025, 00:00 · Europe\/Vienna/ })
    .waitFor();

  // Back to one's own: the same stretch of time, as it is told here, and nothing of it in the address.
  await chooseZone(page, 'Pacific/Kiritimati');
  await expect.poll(() => new URL(page.url()).searchParams.get('zone'), SLOW).toBe(null);
  await page.getByRole('button', { name: /26 Oct 2025, 12:00 – 27 Oct 2025, 13:00$/ }).waitFor();
  expect(new URL(page.url()).searchParams.get('range')).toBe(asked);
  await page.context().close();
});
