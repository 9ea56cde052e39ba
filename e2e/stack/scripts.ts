import type { BrowserContext, Page } from 'playwright-core';
import { packedBytes } from '../../scripts/checks/page-sizes.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';

/** What a page asks for from now on, its workers too, whether it is in the browser's memory or not. */
export function listenForScripts(page: Page): () => ReadonlySet<string> {
  const files = new Set<string>();
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/_next/') && pathname.endsWith('.js'))
      files.add(pathname.replace('/_next/', '.next/'));
  });
  return () => files;
}

/** As the server sends them to a browser that has none of them. */
export const sizeOf = (scripts: ReadonlySet<string>): number => packedBytes(ROOT, [...scripts]);

/** What pages fetch ahead once they have nothing else to do comes after they can be used: here it never comes. */
export const holdBackIdle = (context: BrowserContext): Promise<unknown> =>
  context.addInitScript(() => {
    globalThis.requestIdleCallback = () => 0;
  });
