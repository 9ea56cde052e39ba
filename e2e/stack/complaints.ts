import type { BrowserContext, Page } from 'playwright-core';

/**
 * What browsers complain of: errors, warnings of React, violations of the policy. Every page of every
 * context is heard, and no journey ends well with a complaint that it has not foretold.
 */
const heard: string[] = [];
const foretold = new WeakMap<Page, RegExp[]>();

export function hear(context: BrowserContext): void {
  const note = (page: Page | null, text: string) => {
    const patterns = (page && foretold.get(page)) ?? [];
    if (!patterns.some((pattern) => pattern.test(text))) heard.push(text);
  };
  context.on('weberror', (error) => {
    const page = error.page();
    note(page, `${error.error().message} (${page?.url()})`);
  });
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    note(message.page(), `${message.text()} (${message.location().url})`);
  });
}

/** A browser writes down every refusal of a server: what a journey provokes on this page on purpose. */
export function foretellComplaint(page: Page, pattern: RegExp): void {
  foretold.set(page, [...(foretold.get(page) ?? []), pattern]);
}

/** What was not foretold since the last time that this was asked. */
export const takeComplaints = (): string[] => heard.splice(0);
