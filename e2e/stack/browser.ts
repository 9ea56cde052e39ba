import { type Browser, chromium } from 'playwright-core';
import { hear } from './complaints.ts';

/** For what hangs, not for what is slow: other tests keep the machine busy meanwhile. */
const PATIENCE_MS = 60_000;

/** The Chromium that the test run found or installed; what its pages complain of fails the test. */
export async function openBrowser(): Promise<Browser> {
  const { findChromium } = await import('../../scripts/services/chromium.mjs');
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('There is no Chromium: run the tests through npm test, which provides one.');
  // Root, as in containers, has no sandbox to offer.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  browser.on('context', (context) => {
    context.setDefaultTimeout(PATIENCE_MS);
    hear(context);
  });
  return browser;
}
