import { defineConfig } from 'vitest/config';
import { longestFirst } from './scripts/checks/longest-first.ts';

const INT = '**/*.int.test.{ts,tsx}';
/** Those that take more than half a minute, of which most are waiting, and a folder of small files that take as long. */
const LONGEST = [
  'server/testing/sdk-agents/kills.int.test.ts',
  'server/testing/faults/broker-faults.int.test.ts',
  'server/api/rest/access.int.test.ts',
  'bench/smoke.int.test.ts',
  'server/testing/faults/coordinator-ends.int.test.ts',
  'server/testing/mutations/mutants.int.test.ts',
  'server/analytics/aggregator.int.test.ts',
  'docs/first-minutes.int.test.ts',
  'docs/agent-programs.int.test.ts',
  'server/testing/faults/races.int.test.ts',
  'server/testing/faults/two-coordinators.int.test.ts',
  'server/testing/faults/shared-agents.int.test.ts',
  'server/testing/workspace/fleet.int.test.ts',
  'server/agents/builtin/mcp-tool-kills.int.test.ts',
  'server/gateway/kills.int.test.ts',
  'server/platform/embedded-postgres.int.test.ts',
  'server/api/mcp/gateway-conformance.int.test.ts',
  'server/notifications/telling.int.test.ts',
  'server/testing/faults/payloads.int.test.ts',
  'server/testing/faults/agents.int.test.ts',
  'server/testing/faults/coordinator-crash.int.test.ts',
  'server/agents/builtin/data/pool/pool.int.test.ts',
  'server/tools/seed.int.test.ts',
  'server/services/run/list.int.test.ts',
  'server/services/task/list.int.test.ts',
  'server/api/operations/lists.int.test.ts',
  'server/broker/rabbitmq.faults.int.test.ts',
  'cli/cli.int.test.ts',
  'server/services/bulk/bulk-crash.int.test.ts',
  'server/api/mcp/processes.int.test.ts',
  'server/api/rest/withdrawn.int.test.ts',
  'server/redis/redis.topologies.int.test.ts',
  'bench/mcp/bench.int.test.ts',
  'server/agents/conformance/',
];
const NOT_OURS = ['**/node_modules/**', '**/.next/**', '**/.signalbox/**', 'e2e/**'];

export default defineConfig({
  test: {
    sequence: { sequencer: longestFirst(LONGEST) },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...NOT_OURS, INT],
          pool: 'threads',
          // None of them changes anything that is shared, so modules are loaded once a thread: half of what they cost.
          isolate: false,
          // Its second is soon over on a busy machine.
          expect: { poll: { timeout: 30_000 } },
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
          // Modules are loaded once a process, of which each runs many files: loading was a fifth of what they cost.
          isolate: false,
          // Twice the cores of a small machine: tests mostly wait, for leases, beats and kills to be noticed, and with three of them and two browsers beside a third of both cores lay idle.
          maxWorkers: 4,
          // For what hangs, not for what is slow, so no file sets a lower one: a test waits for conditions, and says itself which one did not come.
          testTimeout: 300_000,
          // Elections, leases and kills of real processes on a shared machine; the report names what needed a second try.
          retry: process.env.CI ? 2 : 0,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
