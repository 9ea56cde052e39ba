import { defineConfig } from 'vitest/config';

const INT = '**/*.int.test.{ts,tsx}';
const NOT_OURS = ['**/node_modules/**', '**/.next/**', '**/.signalbox/**', 'e2e/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...NOT_OURS, INT],
          pool: 'threads',
          // Properties try hundreds of cases, and a busy machine is slow.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'int',
          include: [INT],
          exclude: NOT_OURS,
          globalSetup: ['scripts/checks/int.globalsetup.ts'],
          // Processes, not threads: tests start servers, change into folders and send signals.
          pool: 'forks',
          // More than a small machine has cores: tests mostly wait, for leases, beats and kills to be noticed.
          maxWorkers: 3,
          // For what hangs, not for what is slow: a test waits for conditions, and says itself which one did not come.
          testTimeout: 180_000,
          // Elections, leases and kills of real processes on a shared machine; the report names what needed a second try.
          retry: process.env.CI ? 2 : 0,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
