import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { RunningServer } from '../stack/running-server.ts';
import type { Screen } from './screens.ts';

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
export const LOOKS = {
  light: { colorScheme: 'light', viewport: DESK },
  dark: { colorScheme: 'dark', viewport: DESK },
  phone: { colorScheme: 'light', viewport: PHONE },
} as const;
export type Look = keyof typeof LOOKS;

/** A page that goes on for longer is cut. */
const MAX_HEIGHT = 3000;
const PATIENCE_MS = 20_000;

export interface Shooting {
  browser: Browser;
  server: RunningServer;
  looks: readonly Look[];
  folder: string;
  onPicture(file: string): void;
  onTrouble(screen: string, text: string): void;
}

/** Opens each screen once, and takes it in every look. */
export async function shoot(screens: readonly Screen[], shooting: Shooting): Promise<void> {
  const { browser, server } = shooting;
  const inside = await browser.newContext({ reducedMotion: 'reduce' });
  const outside = await browser.newContext({ reducedMotion: 'reduce' });
  const first = await inside.newPage();
  await first.goto(server.link);
  await first.getByRole('heading', { level: 1 }).waitFor();
  await first.close();
  for (const screen of screens) await take(screen.isOutside ? outside : inside, screen, shooting);
  await inside.close();
  await outside.close();
}

async function take(context: BrowserContext, screen: Screen, shooting: Shooting): Promise<void> {
  const { server, looks, folder, onPicture, onTrouble } = shooting;
  const page = await context.newPage();
  page.on('pageerror', (error) => onTrouble(screen.name, error.message));
  try {
    for (const look of looks) {
      const { colorScheme, viewport } = LOOKS[look];
      const isOtherSize = page.viewportSize()?.width !== viewport.width;
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      // What is open may lie elsewhere, or be closed, in a window of another size.
      if (isOtherSize || page.url() === 'about:blank') await reach(page, screen, server.origin);
      const file = join(folder, look, `${screen.name}.png`);
      await mkdir(dirname(file), { recursive: true });
      await picture(page, file);
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
  page.setDefaultTimeout(PATIENCE_MS / 4);
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

async function picture(page: Page, path: string): Promise<void> {
  const { width, height } = page.viewportSize() ?? DESK;
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  if (whole <= height) await page.screenshot({ path });
  else
    await page.screenshot({
      ...{ path, fullPage: true },
      clip: { x: 0, y: 0, width, height: Math.min(whole, MAX_HEIGHT) },
    });
}
