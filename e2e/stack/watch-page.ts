import { readFileSync } from 'node:fs';
import type axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { listenForScripts } from './scripts.ts';

const SLOW = { timeout: 110_000 };
/** The small one: each page that is loaded takes it in anew, which costs as much as asking it once. */
const AXE = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
export const WINDOW = { width: 1280, height: 800 };

interface Opened {
  page: Page;
  /** What it has fetched of script until it could be used. */
  scripts: ReadonlySet<string>;
}

/** In this tab: a page that has all that it asked for, and moves nothing. */
async function settle(tab: Promise<Page>, link: string): Promise<Opened> {
  const page = await tab;
  const scriptsOf = listenForScripts(page);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(WINDOW);
  await page.goto(link, SLOW);
  await page.getByRole('heading', { level: 1 }).first().waitFor(SLOW);
  await page.waitForLoadState('networkidle', SLOW);
  return { page, scripts: new Set(scriptsOf()) };
}

/**
 * One after the other; while one is looked at, the next loads in another tab. Each link is loaded anew, in the tab of the
 * one before the last: a process for each of them would be more than half of what they cost.
 */
export async function* openEach(
  context: BrowserContext,
  links: readonly string[],
): AsyncGenerator<Opened & { link: string }> {
  const tabs = links.slice(0, 2).map(() => context.newPage());
  const load = (at: number): Promise<Opened> | undefined => {
    const [tab, link] = [tabs[at % 2], links[at]];
    const loaded = tab && link !== undefined ? settle(tab, link) : undefined;
    // Whoever waits for it hears of it; nobody does once a page before it has failed.
    loaded?.catch(() => undefined);
    return loaded;
  };
  try {
    let coming = load(0);
    for (const [at, link] of links.entries()) {
      const opened = await coming;
      coming = load(at + 1);
      if (opened) yield { ...opened, link };
    }
  } finally {
    for (const tab of tabs) await (await tab).close();
  }
}

/** What is serious or critical for people with other eyes, ears or hands, a line each. */
export async function findBarriers(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (only) =>
      // biome-ignore lint/suspicious/noExplicitAny: the global that the line above has made
      (globalThis as any).axe.run(document, {
        resultTypes: ['violations'],
        // Nothing that it asks needs the style sheets and sounds that it would fetch a second time.
        preload: false,
        ...(only ? { runOnly: { type: 'rule', values: only } } : {}),
      }),
    rules,
  );
  return (violations as axe.Result[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join(', ')})`,
    );
}

/** Rules about what another look changes, where nothing but colours differs. */
export const RULES_OF_COLOUR = ['color-contrast', 'link-in-text-block'];

/** On a phone: lists that have to be pushed sideways to be read, and buttons too low for a finger. */
export function findTooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isWide = (element: Element) =>
      element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible';
    const found: string[] = [];
    for (const list of document.querySelectorAll('main :is(table, [role=grid], ul, ol)')) {
      if (list.closest('nav, [role=tablist], pre')) continue;
      for (let each: Element | null = list; each && each !== document.body; each = each.parentElement)
        if (isWide(each)) found.push(`${list.getAttribute('aria-label')} scrolls sideways`);
    }
    for (const button of document.querySelectorAll('main button:not([role])')) {
      const { width, height } = button.getBoundingClientRect();
      // For those alone who hear the page.
      if (getComputedStyle(button).pointerEvents === 'none') continue;
      if (width > 0 && height > 1 && height < 24)
        found.push(
          `${button.getAttribute('aria-label') ?? button.textContent} is ${Math.round(height)} px high`,
        );
    }
    return [...new Set(found)];
  });
}

/** Texts that leave the box that is drawn around them, or the page: what does not fit has to be cut, wrapped or scrolled. */
export function findSpills(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    /** Of a card, whose corners cut what is in it: what they cut nobody can read or press. */
    const isCard = (element: Element) => element.matches('section:has(> header)');
    const isDrawn = ({ borderRightWidth, backgroundColor }: CSSStyleDeclaration) =>
      borderRightWidth !== '0px' || !/, 0\)$|^transparent$/.test(backgroundColor);
    /** The nearest around it that is drawn; none, if something before that cuts or scrolls what is in it. */
    const boxAround = (element: Element | null): Element | undefined => {
      for (let each = element; each; each = each.parentElement) {
        const style = getComputedStyle(each);
        if (isCard(each)) return each;
        if (style.overflowX !== 'visible' && each !== document.documentElement && each !== document.body)
          return undefined;
        if (each === document.body || (isDrawn(style) && style.display !== 'inline')) return each;
      }
      return undefined;
    };
    const spills: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (!node.textContent?.trim()) continue;
      const box = boxAround(node.parentElement);
      if (!box) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const [inner, outer] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
      if (inner.width > 0 && inner.right > outer.right + 1)
        spills.push(
          `${node.textContent.trim().slice(0, 60)} leaves ${box.tagName}.${box.className}`.slice(0, 200),
        );
    }
    for (const control of document.querySelectorAll('main :is(button, input, textarea, a)')) {
      const [inner, outer] = [control, boxAround(control.parentElement)].map((each) =>
        each?.getBoundingClientRect(),
      );
      if (inner && outer && inner.width > 1 && inner.right > outer.right + 1)
        spills.push(
          `${control.getAttribute('aria-label') ?? control.textContent} leaves its box`.slice(0, 200),
        );
    }
    return spills;
  });
}

/** The same of the page as it stands, dialogs and all, in light and then in dark. */
export async function findBarriersInBoth(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    found.push(...(await findBarriers(page)).map((line) => `${colorScheme} ${line}`));
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  return found;
}
