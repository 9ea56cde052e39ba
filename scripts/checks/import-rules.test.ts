import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import './swc-using.mjs';
import rules from '../../.dependency-cruiser.mjs';

const REPO = resolve(import.meta.dirname, '../..');

/** What is wrong, where, and which rule must say so. One line a forbidden arrow. */
const PLANTED: [rule: string, file: string, code: string][] = [
  ['server-domain-imports', 'server/domain/reads-platform.ts', `import '#server/platform/clock.ts';`],
  [
    'server-domain-imports',
    'server/domain/reads-type.ts',
    `import type { Clock } from '#server/platform/clock.ts';\nexport type X = Clock;`,
  ],
  [
    'server-domain-imports',
    'server/domain/reads-while-using.ts',
    `export async function f() { await using it = (await import('#server/platform/clock.ts')).clock; return it; }`,
  ],
  ['domain-packages', 'server/domain/uses-orm.ts', `import 'drizzle-orm';`],
  ['no-node-in-browser', 'server/domain/uses-node.ts', `import 'node:fs';`],
  ['server-platform-imports', 'server/platform/reads-db.ts', `import '#db/client.ts';`],
  ['db-imports', 'db/reads-broker.ts', `import '#server/broker/port.ts';`],
  [
    'db-imports',
    'db/reads-logger.ts',
    `import type { Clock } from '#server/platform/clock.ts';\nexport type X = Clock;`,
  ],
  ['db-knows-env-as-type-only', 'db/reads-env.ts', `import '#server/platform/env.ts';`],
  ['server-broker-imports', 'server/broker/reads-db.ts', `import '#db/client.ts';`],
  [
    'broker-embedded-imports',
    'server/broker/embedded/reads-engine.ts',
    `import '#server/coordinator/loop.ts';`,
  ],
  ['server-redis-imports', 'server/redis/reads-db.ts', `import '#db/client.ts';`],
  ['server-agents-imports', 'server/agents/reads-services.ts', `import '#server/services/start.ts';`],
  ['server-gateway-imports', 'server/gateway/reads-agents.ts', `import '#server/agents/registry.ts';`],
  ['gateway-tenant-imports', 'server/gateway/tenant/reads-http.ts', `import '../http/line.ts';`],
  ['gateway-http-imports', 'server/gateway/http/reads-tenant.ts', `import '../tenant/directory.ts';`],
  ['gateway-programs-imports', 'server/gateway/programs/reads-tenant.ts', `import '../tenant/directory.ts';`],
  ['gateway-log-imports', 'server/gateway/log/reads-tenant.ts', `import '../tenant/directory.ts';`],
  ['gateway-questions-imports', 'server/gateway/questions/reads-http.ts', `import '../http/line.ts';`],
  ['gateway-upstream-imports', 'server/gateway/upstream/reads-pool.ts', `import '../connections/pool.ts';`],
  ['gateway-sign-ins-imports', 'server/gateway/sign-ins/reads-pool.ts', `import '../connections/pool.ts';`],
  ['gateway-connections-imports', 'server/gateway/connections/reads-calls.ts', `import '../calls/calls.ts';`],
  ['gateway-calls-imports', 'server/gateway/calls/reads-http.ts', `import '../http/line.ts';`],
  ['gateway-by-its-doors', 'server/services/reads-pool.ts', `import '#server/gateway/connections/pool.ts';`],
  ['server-identity-imports', 'server/identity/reads-api.ts', `import '#server/api/trpc/router.ts';`],
  [
    'server-notifications-imports',
    'server/notifications/reads-engine.ts',
    `import '#server/coordinator/loop.ts';`,
  ],
  ['server-analytics-imports', 'server/analytics/reads-engine.ts', `import '#server/coordinator/loop.ts';`],
  ['server-auditor-imports', 'server/auditor/reads-engine.ts', `import '#server/coordinator/loop.ts';`],
  [
    'server-coordinator-imports',
    'server/coordinator/reads-services.ts',
    `import '#server/services/start.ts';`,
  ],
  [
    'server-coordinator-imports',
    'server/coordinator/reads-realtime.ts',
    `import '#server/realtime/relay.ts';`,
  ],
  ['server-services-imports', 'server/services/reads-engine.ts', `import '#server/coordinator/loop.ts';`],
  [
    'server-services-imports',
    'server/services/lazy.ts',
    `export const load = () => import('#server/broker/port.ts');`,
  ],
  ['server-api-imports', 'server/api/rest/reads-db.ts', `import '#db/client.ts';`],
  ['server-api-imports', 'server/api/rest/reexports.ts', `export { port } from '#server/broker/port.ts';`],
  ['server-realtime-imports', 'server/realtime/reads-db.ts', `import '#db/client.ts';`],
  ['ways-by-our-link', 'components/shell/links.tsx', `export { default } from 'next/link';`],
  ['app-imports', 'app/reads-domain.tsx', `import '#server/domain/words.ts';`],
  ['components-ui-imports', 'components/ui/reads-data.tsx', `import '#components/data/client.ts';`],
  ['components-data-imports', 'components/data/reads-ui.ts', `import '#components/ui/button.tsx';`],
  ['components-shell-imports', 'components/shell/reads-feature.tsx', `import '#components/runs/index.tsx';`],
  ['components-feature-imports', 'components/editor/back-door.tsx', `import '#components/runs/list.tsx';`],
  [
    'components-feature-imports',
    'components/editor/reads-services.tsx',
    `import '#server/services/start.ts';`,
  ],
  [
    'trpc-as-type-only',
    'components/runs/reads-router.ts',
    `import { router } from '#server/api/trpc/router.ts';\nexport const x = router;`,
  ],
  ['no-node-in-browser', 'components/runs/uses-node.ts', `import 'node:path';`],
  ['sdk-imports', 'sdk/typescript/reads-server.ts', `import '#server/domain/words.ts';`],
  ['cli-imports', 'cli/reads-server.mjs', `import '../server/domain/words.ts';`],
  ['not-from-tests', 'server/services/leans-on-tests.ts', `import '#server/testing/database.ts';`],
  ['server-stays-inside', 'server/services/reads-scripts.ts', `import '../../scripts/tool.mjs';`],
  ['composition-at-the-top', 'server/services/reads-compose.ts', `import '#server/compose.ts';`],
  ['folder-without-a-row', 'server/helpers/misc.ts', `import 'zod';`],
  ['no-cycles', 'server/domain/egg.ts', `import type {} from './hen.ts';\nexport const egg = 1;`],
  ['no-unresolvable', 'server/domain/lost.ts', `import './nowhere.ts';`],
];

/** Arrows that the table allows: a rule that fires here is too strict. */
const ALLOWED: [file: string, code: string][] = [
  ['server/domain/words.ts', `import 'zod';\nexport const word = 1;`],
  // One half of the planted cycle, which is reported once, at its other half.
  ['server/domain/hen.ts', `import './egg.ts';`],
  [
    'server/platform/clock.ts',
    `import 'node:timers';\nimport '#server/domain/words.ts';\nexport interface Clock { now(): number }`,
  ],
  ['server/platform/env.ts', `export interface Env { port: number }`],
  [
    'db/client.ts',
    `import 'drizzle-orm';\nimport type { Env } from '#server/platform/env.ts';\nexport type X = Env;`,
  ],
  ['server/broker/port.ts', `import '#server/platform/clock.ts';\nexport const port = 1;`],
  ['server/broker/embedded.ts', `import '#db/client.ts';\nimport './port.ts';`],
  ['server/redis/port.ts', `import '#server/domain/words.ts';`],
  ['server/agents/registry.ts', `import '#db/client.ts';\nimport '#server/redis/port.ts';`],
  ['server/coordinator/loop.ts', `import '#server/broker/port.ts';\nimport '#db/client.ts';`],
  ['server/gateway/refusals.ts', `import './tenant/directory.ts';`],
  ['server/gateway/tenant/directory.ts', `import '#db/client.ts';`],
  ['server/gateway/http/line.ts', `import '#server/platform/clock.ts';`],
  ['server/gateway/connections/pool.ts', `import '../http/line.ts';\nimport '../refusals.ts';`],
  ['server/gateway/calls/calls.ts', `import '../connections/pool.ts';\nimport './request.ts';`],
  ['server/gateway/calls/request.ts', `import '../tenant/directory.ts';`],
  ['server/gateway/gateway.ts', `import './calls/calls.ts';`],
  [
    'server/services/tools.ts',
    `import '#server/gateway/gateway.ts';\nimport '#server/gateway/tenant/directory.ts';`,
  ],
  ['server/auditor/audit.ts', `import '#db/client.ts';\nimport '#server/domain/words.ts';`],
  ['server/coordinator/commands.ts', `import '#db/client.ts';`],
  [
    'server/services/start.ts',
    `import '#server/coordinator/commands.ts';\nimport '#server/agents/registry.ts';`,
  ],
  [
    'server/services/start.int.test.ts',
    `import '#server/testing/database.ts';\nimport '#server/coordinator/loop.ts';`,
  ],
  ['server/api/trpc/router.ts', `import '#server/services/start.ts';\nexport const router = 1;`],
  ['server/realtime/relay.ts', `import '#server/redis/port.ts';\nimport '#server/services/start.ts';`],
  [
    'server/compose.ts',
    `import '#server/coordinator/loop.ts';\nimport '#server/api/trpc/router.ts';\nimport '#db/client.ts';`,
  ],
  ['server/main.ts', `import './compose.ts';`],
  ['server/tools/doctor.ts', `import '#server/compose.ts';\nimport '#db/client.ts';`],
  ['server/testing/database.ts', `import '#db/client.ts';\nimport '../../scripts/tool.mjs';`],
  ['scripts/tool.mjs', `import 'node:fs';`],
  ['components/ui/button.tsx', `import 'react';`],
  [
    'components/data/client.ts',
    `import type { router } from '#server/api/trpc/router.ts';\nexport type X = typeof router;`,
  ],
  ['components/runs/list.tsx', `import '#components/ui/button.tsx';\nimport '#server/domain/words.ts';`],
  ['components/runs/index.tsx', `import './list.tsx';\nimport '#components/data/client.ts';`],
  ['components/editor/canvas.tsx', `import '#components/runs/index.tsx';`],
  ['app/page.tsx', `import '#components/editor/canvas.tsx';`],
];

let root: string;
let found: { rule: string; file: string }[];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'signalbox-import-rules-'));
  symlinkSync(join(REPO, 'node_modules'), join(root, 'node_modules'));
  const imports = { '#server/*': './server/*', '#db/*': './db/*', '#components/*': './components/*' };
  const files = [
    [
      'package.json',
      JSON.stringify({ type: 'module', imports, dependencies: { zod: '*', react: '*', 'drizzle-orm': '*' } }),
    ],
    ...ALLOWED,
    ...PLANTED.map(([, file, code]) => [file, code]),
  ];
  for (const [file = '', code = ''] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), code);
  }
  const { forbidden, options } = rules;
  const { output } = await cruise(['server', 'db', 'components', 'app', 'sdk', 'cli', 'scripts'], {
    ...options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden },
  });
  found = (output as ICruiseResult).summary.violations.map((violation) => ({
    rule: violation.rule.name,
    file: violation.from,
  }));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('import rules', () => {
  test.each(PLANTED)('%s refuses what %s does', (rule, file) => {
    expect(found).toContainEqual({ rule, file });
  });

  test.each(ALLOWED)('let %s import what its row of the table allows', (file) => {
    expect(found.filter((violation) => violation.file === file)).toEqual([]);
  });

  test('have a planted violation each, so that none is dead', () => {
    const planted = new Set(PLANTED.map(([rule]) => rule));
    expect(rules.forbidden.map(({ name }) => String(name)).filter((name) => !planted.has(name))).toEqual([]);
  });
});
