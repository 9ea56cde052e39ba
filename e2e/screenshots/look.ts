import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { RunningServer } from '../stack/running-server.ts';
import type { Screen } from './screens.ts';

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const DEVICES = { desk: DESK, phone: PHONE } as const;
type Device = keyof typeof DEVICES;

export const LOOKS = {
  light: { colorScheme: 'light', device: 'desk' },
  dark: { colorScheme: 'dark', device: 'desk' },
  phone: { colorScheme: 'light', device: 'phone' },
} as const;
export type Look = keyof typeof LOOKS;

/** A page that goes on for longer is cut. */
const MAX_HEIGHT = 3000;
const PATIENCE_MS = 20_000;

export interface Shooting {
  browser: Browser;
  server: RunningServer;
  /** Of whoever has signed in. */
  storageState: Awaited<ReturnType<typeof signIn>>;
  looks: readonly Look[];
  folder: string;
  onPicture(file: string): void;
  onTrouble(screen: string, text: string): void;
}

/** Opens each screen once for each device, and takes it in every look. */
export async function shoot(screens: readonly Screen[], shooting: Shooting): Promise<void> {
  const { browser, storageState, looks } = shooting;
  for (const device of Object.keys(DEVICES) as Device[]) {
    const here = looks.filter((look) => LOOKS[look].device === device);
    if (here.length === 0) continue;
    const options = { ...DEVICES[device], reducedMotion: 'reduce' } as const;
    const inside = await browser.newContext({ ...options, storageState });
    const outside = await browser.newContext(options);
    for (const screen of screens)
      await take(screen.isOutside ? outside : inside, screen, { ...shooting, looks: here });
    await inside.close();
    await outside.close();
  }
}

/** The link signs in once, for all devices. */
export async function signIn(browser: Browser, { origin, link }: RunningServer) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForURL((url) => url.origin === origin && url.pathname === '/');
  const state = await context.storageState();
  await context.close();
  return state;
}

async function take(context: BrowserContext, screen: Screen, shooting: Shooting): Promise<void> {
  const { server, looks, folder, onPicture, onTrouble } = shooting;
  const page = await context.newPage();
  page.on('pageerror', (error) => onTrouble(screen.name, error.message));
  try {
    await page.emulateMedia({ colorScheme: LOOKS[looks[0] ?? 'light'].colorScheme });
    await reach(page, screen, server.origin);
    for (const look of looks) {
      await page.emulateMedia({ colorScheme: LOOKS[look].colorScheme });
      await settle(page);
      const file = join(folder, look, `${screen.name}.png`);
      await mkdir(dirname(file), { recursive: true });
      await picture(page, screen, file);
      onPicture(file);
    }
  } catch (error) {
    onTrouble(screen.name, (error as Error).message.split('\n')[0] ?? '');
  }
  await page.close();
}

async function reach(page: Page, { path, open }: Screen, origin: string): Promise<void> {
  await page.goto(origin + path);
  await page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: PATIENCE_MS });
  await settle(page);
  if (!open) return;
  page.setDefaultTimeout(PATIENCE_MS);
  await open(page);
  await settle(page);
}

/** Nothing is on its way any more, and what came is drawn. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle', { timeout: PATIENCE_MS }).catch(() => undefined);
  const loading = page.getByRole('status', { name: /^Loading/ });
  await loading
    .first()
    .waitFor({ state: 'detached', timeout: PATIENCE_MS })
    .catch(() => undefined);
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)));
  });
}

/** All of a page, in a window as high as it: what sticks to the window's edges is where it belongs. */
async function picture(page: Page, { open }: Screen, path: string): Promise<void> {
  const before = page.viewportSize() ?? DESK.viewport;
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  // What lies over a page is looked at in a window as people have it.
  const height = open ? before.height : Math.min(Math.max(whole, before.height), MAX_HEIGHT);
  if (height > before.height) await page.setViewportSize({ ...before, height });
  await page.screenshot({ path });
  if (height > before.height) await page.setViewportSize(before);
}
