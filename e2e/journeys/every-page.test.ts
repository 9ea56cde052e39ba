import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openBrowser } from '../stack/browser.ts';
import { PAGES, ROUTES, type World } from '../stack/pages.ts';
import { makeDataDir, type RunningServer, startServer } from '../stack/running-server.ts';
import { findBarriers } from '../stack/watch-page.ts';

let browser: Browser;
let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
let server: RunningServer;
let context: BrowserContext;
let world: World;

beforeAll(async () => {
  dataDir = await makeDataDir();
  [browser, server] = await Promise.all([openBrowser(), startServer(dataDir.path)]);
  context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.link);
  world = await makeWorld();
  await page.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await dataDir?.remove();
});

async function call<Answer>(path: string, body?: object): Promise<Answer> {
  const response = await context.request.fetch(`${server.origin}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { origin: server.origin, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { data: JSON.stringify(body) }),
  });
  if (!response.ok()) throw new Error(`${path} answered ${response.status()}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

interface Sampled {
  version: { graph: { inputSchema: { examples: unknown[] } } };
}

/** One of each, so that pages show content and not only that there is none. */
async function makeWorld(): Promise<World> {
  const { pipelines } = await call<{ pipelines: { id: string }[] }>('/pipelines');
  const pipelineId = pipelines[0]?.id ?? '';
  const { version } = await call<Sampled>(`/pipelines/${pipelineId}`);
  const { id: runId } = await call<{ id: string }>(`/pipelines/${pipelineId}/execute`, {
    input_data: version.graph.inputSchema.examples[0],
  });
  const { agents } = await call<{ agents: { id: string }[] }>('/agents');
  await call('/keys', { name: 'ci', role: 'operator', scopes: ['runs:read'] });
  await call('/invites', { role: 'viewer', label: 'Grace' });
  await call('/notification-targets', {
    ...{ name: 'on-call', kind: 'email', address: 'oncall@example.com', events: ['run.failed'] },
  });
  return { runId, pipelineId, agentId: agents[0]?.id ?? '', errorGroup: await makeError() };
}

/** A run that has failed and is counted. */
async function makeError(): Promise<string> {
  const stages = [{ name: 'only', type: 'fail' }];
  const { id } = await call<{ id: string }>('/pipelines', { name: 'fails', stages });
  await call(`/pipelines/${id}/execute`, { input_data: {} });
  return vi.waitFor(
    async () => {
      const { groups } = await call<{ groups: { id: string }[] }>('/analytics/errors');
      expect(groups).toHaveLength(1);
      return groups[0]?.id ?? '';
    },
    { timeout: 60_000, interval: 500 },
  );
}

test('every page of the panel is looked at', () => {
  expect(ROUTES.filter((route) => PAGES[route] === undefined)).toEqual([]);
});

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  // What a window of 1280 shows at twice its size.
  { name: 'at 200 %', colorScheme: 'light', viewport: { width: 640, height: 400 } },
] as const;

test.each(Object.keys(PAGES))(
  '%s has no barrier in any look, and the browser no complaint',
  async (route) => {
    const page = await context.newPage();
    for (const path of PAGES[route]?.(world) ?? []) {
      await page.setViewportSize(LOOKS[0].viewport);
      await page.goto(`${server.origin}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await page.waitForLoadState('networkidle');
      for (const look of LOOKS) {
        await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize(look.viewport);
        // Lines up with what the look has changed: the next frame is drawn with it.
        await page.evaluate(
          () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
        );
        expect(await findBarriers(page), `${path} ${look.name}`).toEqual([]);
        const [wide, seen] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ]);
        expect(wide, `${path} scrolls sideways ${look.name}`).toBeLessThanOrEqual(seen ?? 0);
      }
    }
    await page.close();
  },
);
