import { defineConfig } from 'vitest/config';
import { longestFirst } from '../scripts/checks/longest-first.ts';

/** Those that take a minute and more on a busy machine; the longest must not be begun late. */
const LONGEST = [
  'every-page.test.ts',
  'each-role.test.ts',
  'fleet.test.ts',
  'analytics.test.ts',
  'time-zones.test.ts',
  'editor-gestures.test.ts',
  'runs-gestures.test.ts',
  'editor.test.ts',
  'catch-up.test.ts',
  'runs.test.ts',
  'main.test.ts',
  'sign-in.test.ts',
];

/** Go through the program on RabbitMQ and Redis as well: what it promises there it promises in a browser. */
const ALSO_ON_SERVICES = [
  'main',
  'editor',
  'editor-gestures',
  'runs',
  'catch-up',
  'time-zones',
  'each-role',
  'every-page',
  'live',
  'first-run',
  'stop-under-load',
];
/** Have no meaning without them. */
const ON_SERVICES_ALONE = ['enrol-over-amqp'];

const pathsOf = (names: readonly string[]): string[] => names.map((name) => `e2e/journeys/${name}.test.ts`);

const SHARED = {
  setupFiles: 'e2e/stack/quiet.setup.ts',
  pool: 'forks',
  // Each file starts a server and a browser of its own, and waits for them, or for leases, for more than half of its time.
  maxWorkers: 3,
  // As for the integration tests: real processes and a browser on a shared machine; the report names what needed it.
  retry: process.env.CI ? 2 : 0,
  testTimeout: 120_000,
  hookTimeout: 300_000,
} as const;

/** Journeys of people through the whole program, as `npm start` starts it, in a real browser. */
export default defineConfig({
  test: {
    sequence: { sequencer: longestFirst(LONGEST) },
    globalSetup: ['e2e/build.globalsetup.ts'],
    projects: [
      {
        test: {
          ...SHARED,
          name: 'embedded',
          include: ['e2e/journeys/*.test.ts'],
          exclude: pathsOf(ON_SERVICES_ALONE),
          provide: { stack: 'embedded' },
        },
      },
      {
        test: {
          ...SHARED,
          name: 'services',
          include: pathsOf([...ALSO_ON_SERVICES, ...ON_SERVICES_ALONE]),
          provide: { stack: 'services' },
        },
      },
    ],
  },
});
