import type { BrowserContext } from 'playwright-core';

/**
 * What browsers complain of: errors, warnings of React, violations of the policy. Every page of every
 * context is heard, and no journey ends well with a complaint that it has not foretold.
 */
const heard: string[] = [];
const foretold: RegExp[] = [];

export function hear(context: BrowserContext): void {
  context.on('weberror', (error) => heard.push(error.error().message));
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    heard.push(`${message.text()} (${message.location().url})`);
  });
}

/** A browser writes down every refusal of a server: what this test provokes on purpose, until it ends. */
export function foretellComplaint(pattern: RegExp): void {
  foretold.push(pattern);
}

/** What was not foretold since the last time that this was asked. */
export function takeComplaints(): string[] {
  const patterns = foretold.splice(0);
  return heard.splice(0).filter((text) => !patterns.some((pattern) => pattern.test(text)));
}
