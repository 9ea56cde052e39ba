import { defineConfig } from 'vitest/config';

/** Journeys of people through the whole program, as `npm start` starts it, in a real browser. */
export default defineConfig({
  test: {
    include: ['e2e/journeys/**/*.test.ts'],
    pool: 'forks',
    // Each starts a server and a browser of its own.
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
