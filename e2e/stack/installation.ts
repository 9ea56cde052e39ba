import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { ensureServices } from '../../scripts/services.mjs';
import { openBrowser } from './browser.ts';
import { type Api, openApi, readSecret } from './people.ts';
import { makeDataDir, type RunningServer, type StartOptions, startServer } from './running-server.ts';

/** What the server of a journey stands on: the settings that lead it there, and how that ends. */
const STACKS = {
  embedded: async () => ({ env: {}, stop: async () => undefined }),
  // Of its own: what other tests have left in theirs is no part of the journey.
  services: () => ensureServices({ redis: 'private', rabbitmq: 'private' }),
};

declare module 'vitest' {
  interface ProvidedContext {
    /** `e2e/vitest.config.ts` says which file runs on which. */
    stack: keyof typeof STACKS;
  }
}

export interface Wanted extends StartOptions {
  /** The owner's, as browsers know windows. */
  window?: BrowserContextOptions;
  /** False: the link that the start printed is left for the journey. */
  isSignedIn?: boolean;
  /** False: it is gone through by programs alone. */
  hasBrowser?: boolean;
}

/** What a journey goes through: a server of its own on its stack, and a browser. */
export interface Installation {
  server: RunningServer;
  /** Where the server keeps what it has. */
  dataDir: string;
  /** With those of its stack. */
  settings: Record<string, string>;
  readonly origin: string;
  /** What programs on this machine show to the API. */
  secret: string;
  api: Api;
  browser: Browser;
  /** The owner's windows. Nothing glides in them: what is taken up by a handle stands still. */
  context: BrowserContext;
  /** Of the owner's, empty. */
  newPage(): Promise<Page>;
  /** On what it has kept and at the address that it had, once the one before has ended. */
  startAgain(): Promise<void>;
}

/** One of the file's own, to be read in hooks and tests; its functions may be taken out of it before. */
export function provideInstallation(wanted: Wanted = {}): Installation {
  const ends: (() => unknown)[] = [];
  let api: Api;
  const installation = {
    get origin() {
      return this.server.origin;
    },
    api: (...asked) => api(...asked),
    newPage: () => installation.context.newPage(),
    async startAgain() {
      const { dataDir, origin, settings } = installation;
      const before = { ...settings, SERVER_PORT: new URL(origin).port };
      installation.server = await startServer(dataDir, { ...wanted, settings: before });
    },
  } as Installation;
  beforeAll(async () => {
    // Side by side: each of both takes seconds.
    const opening = wanted.hasBrowser === false ? Promise.resolve(undefined) : openBrowser();
    ends.push(async () => (await opening)?.close());
    await startOnStack(installation, wanted, ends);
    api = await openApi(installation.server, installation.dataDir);
    const browser = await opening;
    if (browser) await openWindow(installation, wanted, browser);
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });
  return installation;
}

async function startOnStack(
  installation: Installation,
  wanted: Wanted,
  ends: (() => unknown)[],
): Promise<void> {
  const [dataDir, services] = [await makeDataDir(), await STACKS[inject('stack')]()];
  // In this order: whoever uses something ends before it.
  ends.push(() => installation.server?.stop(), services.stop, dataDir.remove);
  const settings: Record<string, string> = { ...services.env, ...wanted.settings };
  const server = await startServer(dataDir.path, { ...wanted, settings });
  const secret = await readSecret(dataDir.path);
  Object.assign(installation, { server, dataDir: dataDir.path, settings, secret });
}

/** Signed in by the link, without a page, which would be the dearest part: `first-run.test.ts` goes there as people do. */
async function openWindow(installation: Installation, wanted: Wanted, browser: Browser): Promise<void> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...wanted.window });
  Object.assign(installation, { browser, context });
  if (wanted.isSignedIn === false) return;
  const answer = await context.request.get(installation.server.link, { maxRedirects: 0 });
  if (answer.status() !== 303) throw new Error(`The link answered ${answer.status()}.`);
}
