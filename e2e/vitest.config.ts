import { defineConfig } from 'vitest/config';
import { longestFirst } from '../scripts/checks/longest-first.ts';

/** Journeys of people through the whole program, as `npm start` starts it, in a real browser. */
export default defineConfig({
  test: {
    include: ['e2e/journeys/**/*.test.ts'],
    setupFiles: ['e2e/stack/quiet.setup.ts'],
    pool: 'forks',
    sequence: { sequencer: longestFirst(['every-page.test.ts', 'main.test.ts']) },
    globalSetup: ['e2e/build.globalsetup.ts'],
    // Each file starts a server and a browser of its own; while one waits for them the other works.
    maxWorkers: 2,
    // As for the integration tests: real processes and a browser on a shared machine; the report names what needed it.
    retry: process.env.CI ? 2 : 0,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
