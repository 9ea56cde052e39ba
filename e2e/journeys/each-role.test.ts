import type { Page } from 'playwright-core';
import { expect, inject, test } from 'vitest';
import { ROLES, type Role } from '#server/identity/permissions.ts';
import { expectOffers } from '../stack/expect-offers.ts';
import { provideHostileServer } from '../stack/hostile-server.ts';
import { CALLS, MENU, mayRole, offersOf } from '../stack/offers.ts';
import { FOR_ALL, PAGES } from '../stack/pages.ts';
import { joinAs } from '../stack/people.ts';
import { openEach } from '../stack/watch-page.ts';

const { installation, hostile } = provideHostileServer();

/**
 * All pages for those who may least, and for others those on which something is for some only. On services, where the
 * same pages ask the same rights, one role goes through these; what each is refused is asked there too.
 */
function pathsFor(role: Role): string[] {
  const isEmbedded = inject('stack') === 'embedded';
  if (!isEmbedded && role !== 'operator') return [];
  const all = Object.entries(PAGES).flatMap(([route, make]) =>
    FOR_ALL.includes(route) ? [] : make(hostile().world),
  );
  const seesAll = isEmbedded && ['viewer', 'auditor'].includes(role);
  return seesAll ? all : all.filter((path) => offersOf(path).length > 0);
}

async function walk(role: Role): Promise<void> {
  const { page: first } = await joinAs(installation, role);
  try {
    const links = pathsFor(role).map((path) => `${installation.origin}${path}`);
    for await (const { page, link } of openEach(first.context(), links))
      await expectOffers(page, { role, path: link.slice(installation.origin.length) });
    await expectMenu(first, role);
    await expectRefused(first, role);
  } finally {
    await first.context().close();
  }
}

/** Hundreds of pages by four browsers at once. */
const LONG_WALK = { timeout: 900_000 };

/** Ends when all walks have ended: one that went on would keep the browsers of the next try waiting. */
async function walkAll(roles: readonly Role[]): Promise<void> {
  const walks = await Promise.allSettled(roles.map(walk));
  const wrong = walks.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  if (wrong.length > 0) throw new AggregateError(wrong, wrong.map(({ message }) => message).join('\n'));
}

test(
  'each role is offered what the table of permissions allows and refused the rest, and sees no page as broken',
  LONG_WALK,
  () => walkAll(ROLES.filter((role) => role !== 'owner')),
);

async function expectMenu(page: Page, role: Role): Promise<void> {
  await page.goto(`${installation.origin}/pipelines?q=six-stage`);
  await page.getByRole('button', { name: 'What to do with six-stage-data-pipeline' }).click();
  await page.getByRole('menuitem', { name: 'Export as YAML' }).waitFor();
  for (const [name, action] of MENU)
    expect.soft(await page.getByRole('menuitem', { name }).count(), name).toBe(mayRole(role, action) ? 1 : 0);
}

async function expectRefused({ request }: Page, role: Role): Promise<void> {
  for (const [action, path, data] of CALLS.filter(([needs]) => !mayRole(role, needs))) {
    const answer = await request.fetch(`${installation.origin}/api/v1${path(hostile().world)}`, {
      headers: { origin: installation.origin },
      ...(data ? { method: 'POST', data } : {}),
    });
    expect.soft(answer.status(), `${action} ${path(hostile().world)}`).toBe(403);
  }
}
