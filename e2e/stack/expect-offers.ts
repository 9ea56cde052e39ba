import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Role } from '#server/identity/permissions.ts';
import { compareOffers, isKnown, readOffered } from './offers.ts';

const POLL = { timeout: 60_000, interval: 500 };

/** The buttons that are there once it is known who looks, for whom some are not. */
export async function expectOffers(page: Page, { role, path }: { role: Role; path: string }): Promise<void> {
  await page.getByRole('button', { name: /^Account: / }).waitFor(POLL);
  let offered = await readOffered(page);
  const { wanted } = compareOffers(role, path, []);
  await expect
    .poll(async () => {
      offered = await readOffered(page);
      return compareOffers(role, path, offered.buttons).found;
    }, POLL)
    .toEqual(wanted);
  expect.soft(offered.alerts, `${role} ${path}`).toEqual([]);
  // Of each button that an owner can press it is known who may.
  if (role !== 'owner') return;
  const unknown = offered.buttons.filter((button) => !isKnown(path, button));
  expect.soft(unknown, `${role} ${path}`).toEqual([]);
}
