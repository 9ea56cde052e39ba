import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { startUpstream, type TestUpstream } from '#server/testing/mcp-upstream.ts';
import { HOSTILE_TOOLS, makeHostileWorld, named } from './hostile-world.ts';
import { type Installation, provideInstallation } from './installation.ts';
import type { World } from './pages.ts';
import { type Api, joinAs } from './people.ts';

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
  const asOwner = apiOf(page, installation.origin);
  await renameOrg(asOwner);
  // Somebody who can be removed: the only owner cannot.
  const { page: member } = await joinAs(installation, 'viewer', named('Member'));
  await member.context().close();
  const world = await makeHostileWorld({ api: installation.api, asOwner }, upstream.url);
  await page.close();
  return { world, owner: page.context() };
}

/** The API as whoever has signed in there asks it: what is made bears their name. */
const apiOf =
  ({ request }: Page, origin: string): Api =>
  async (path, body, method = body ? 'POST' : 'GET') => {
    const data = body === undefined ? {} : { data: body };
    const answer = await request.fetch(`${origin}/api/v1${path}`, { method, headers: { origin }, ...data });
    const text = await answer.text();
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };

/** Only somebody in person can. */
async function renameOrg(asOwner: Api): Promise<void> {
  const { org_id: org } = await asOwner('/me');
  await asOwner(`/orgs/${org}`, { name: named('Org') }, 'PATCH');
}
