import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { openBrowser } from './browser.ts';
import { HOSTILE_TOOLS, makeHostileWorld, named } from './hostile-world.ts';
import type { World } from './pages.ts';
import { type Api, joinAs, openApi } from './people.ts';
import { makeDataDir, type RunningServer, startServer } from './running-server.ts';

/** A server in which every name is hostile, and its owner in a browser. */
export interface HostileServer {
  browser: Browser;
  server: RunningServer;
  api: Api;
  world: World;
  /** The owner's. */
  context: BrowserContext;
}

/** Of the file's own. Registers the hooks; it may be read inside tests only. */
export function provideHostileServer(): () => HostileServer {
  let current: HostileServer;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    const dataDir = await makeDataDir();
    ends.push(() => dataDir.remove());
    const upstream = await startUpstream(HOSTILE_TOOLS);
    ends.push(() => upstream[Symbol.asyncDispose]());
    const settings = { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' };
    const server = await startServer(dataDir.path, { settings });
    ends.push(() => server.stop());
    const browser = await openBrowser();
    ends.push(() => browser.close());
    const api = await openApi(server, dataDir.path);
    current = { browser, server, api, ...(await fill({ browser, server, api }, upstream)) };
  });
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return () => current;
}

async function fill(
  { browser, server, api }: Pick<HostileServer, 'browser' | 'server' | 'api'>,
  upstream: TestUpstream,
): Promise<Pick<HostileServer, 'world' | 'context'>> {
  const { page } = await joinAs({ browser, server, api }, 'owner', named('Owner'));
  await renameOrg(page, server);
  // Somebody who can be removed: the only owner cannot.
  const { page: member } = await joinAs({ browser, server, api }, 'viewer', named('Member'));
  await member.context().close();
  const world = await makeHostileWorld(api, upstream.url);
  await page.close();
  return { world, context: page.context() };
}

/** Only somebody in person can. */
async function renameOrg({ request }: Page, { origin }: RunningServer): Promise<void> {
  const { org_id: org } = await (await request.get(`${origin}/api/v1/me`)).json();
  const answer = await request.patch(`${origin}/api/v1/orgs/${org}`, {
    headers: { origin },
    data: { name: named('Org') },
  });
  expect(answer.status()).toBe(200);
}
