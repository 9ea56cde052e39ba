import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { HOSTILE_TOOLS, makeHostileWorld, named } from './hostile-world.ts';
import { type Installation, provideInstallation } from './installation.ts';
import type { World } from './pages.ts';
import { joinAs } from './people.ts';

/** A server in which every name is hostile. */
interface HostileWorld {
  world: World;
  /** Of the owner, whose name is hostile too. */
  owner: BrowserContext;
}

/** Of the file's own. Registers the hooks; both are to be read inside tests. */
export function provideHostileServer(): { installation: Installation; hostile: () => HostileWorld } {
  const settings = { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' };
  const installation = provideInstallation({ settings, isSignedIn: false });
  let upstream: TestUpstream;
  let made: HostileWorld;
  beforeAll(async () => {
    upstream = await startUpstream(HOSTILE_TOOLS);
    made = await fill(installation, upstream);
  });
  afterAll(() => upstream?.[Symbol.asyncDispose]());
  return { installation, hostile: () => made };
}

async function fill(installation: Installation, upstream: TestUpstream): Promise<HostileWorld> {
  const { page } = await joinAs(installation, 'owner', named('Owner'));
  await renameOrg(page, installation.origin);
  // Somebody who can be removed: the only owner cannot.
  const { page: member } = await joinAs(installation, 'viewer', named('Member'));
  await member.context().close();
  const world = await makeHostileWorld(installation.api, upstream.url);
  await page.close();
  return { world, owner: page.context() };
}

/** Only somebody in person can. */
async function renameOrg({ request }: Page, origin: string): Promise<void> {
  const { org_id: org } = await (await request.get(`${origin}/api/v1/me`)).json();
  const answer = await request.patch(`${origin}/api/v1/orgs/${org}`, {
    headers: { origin },
    data: { name: named('Org') },
  });
  expect(answer.status()).toBe(200);
}
