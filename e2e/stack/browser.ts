import { type Browser, chromium } from 'playwright-core';

/** The Chromium that the test run found or installed. */
export async function openBrowser(): Promise<Browser> {
  const { findChromium } = await import('../../scripts/services/chromium.mjs');
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('There is no Chromium: run the tests through npm test, which provides one.');
  // Root, as in containers, has no sandbox to offer.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
