/**
 * Who may import whom: the table of ARCHITECTURE.md as build errors. Each row names a zone, what it may
 * import besides itself, and why. Tests may reach further (see TEST); nothing may be imported from a test.
 */

const TEST = String.raw`\.test\.tsx?$|^server/testing/`;
const TYPE_ONLY = ['type-only'];

/** The ports: what talks to brokers and hot state. The object store's port lives in platform. */
const PORTS = ['^server/broker/', '^server/redis/'];
const GROUND = ['^server/domain/', '^server/platform/'];

/** What runs in browser and server alike: pure packages only, and few of them. */
const DOMAIN_PACKAGES = 'node_modules/(zod|@marcbachmann/cel-js|re2js|@noble/hashes|yaml)/';

const ZONES = [
  {
    zone: 'server/domain',
    may: [],
    why: 'the domain is pure: it runs in the browser too and is tested without anything',
  },
  { zone: 'server/platform', may: ['^server/domain/'], why: 'platform serves everyone and knows no feature' },
  {
    zone: 'db',
    may: ['^server/domain/', '^server/platform/env'],
    why: 'the schema knows the words of the domain and nothing of who uses it',
  },
  { zone: 'server/broker', may: GROUND, why: 'a port knows messages, not what they mean to the engine' },
  { zone: 'server/redis', may: GROUND, why: 'a port knows keys, not what they mean to the engine' },
  {
    zone: 'server/agents',
    may: [...GROUND, '^db/', ...PORTS],
    why: 'agents execute; they never steer a run',
  },
  {
    zone: 'server/gateway',
    may: [...GROUND, '^db/', ...PORTS],
    why: 'upstream servers know nothing of runs',
  },
  {
    zone: 'server/identity',
    may: [...GROUND, '^db/', ...PORTS],
    why: 'who someone is does not hang on runs',
  },
  {
    zone: 'server/notifications',
    may: [...GROUND, '^db/', '^server/identity/secrets/'],
    why: 'it tells what is committed, and neither asks the engine nor steers it',
  },
  {
    zone: 'server/analytics',
    may: [...GROUND, '^db/'],
    why: 'it counts what is committed and over, and has no part in how it came about',
  },
  {
    zone: 'server/coordinator',
    may: [...GROUND, '^db/', ...PORTS],
    why: 'the engine runs without doors, services and pages',
  },
  {
    zone: 'server/auditor',
    may: ['^server/domain/', '^db/'],
    why: 'it judges the database by the rules of the domain, and must not lean on the engine that it judges',
  },
  {
    zone: 'server/services',
    may: [
      ...GROUND,
      '^db/',
      String.raw`^server/coordinator/commands(/|\.ts$)`,
      '^server/agents/',
      '^server/gateway/',
      '^server/identity/',
      '^server/notifications/office\\.ts$',
    ],
    why: 'a verb asks the engine by its public commands (server/coordinator/commands), never by its parts',
  },
  {
    zone: 'server/api',
    may: [...GROUND, '^server/services/', '^server/identity/'],
    why: 'a door authenticates, parses and calls one verb; it never touches rows, queues or the engine',
  },
  {
    zone: 'server/realtime',
    may: [...GROUND, '^server/redis/', '^server/services/', '^server/identity/'],
    why: 'the relay carries events; who may hear them is asked of the services',
  },
  { zone: 'app', may: ['^components/'], why: 'a page parses its URL and renders one feature' },
  { zone: 'components/ui', may: [], why: 'primitives know no feature and no data' },
  {
    zone: 'components/data',
    may: ['^server/domain/', '^server/api/trpc/'],
    why: 'the clients know the API by its types and nothing of what is drawn',
  },
  {
    zone: 'components/shell',
    may: ['^server/domain/', '^server/api/trpc/', '^components/(ui|data)/'],
    why: 'the frame knows no feature',
  },
  {
    zone: 'sdk',
    may: [],
    why: 'it is published on its own',
  },
  {
    zone: 'cli',
    may: ['^sdk/typescript/', String.raw`^server/platform/data-lock\.ts$`],
    why: 'it is a client like any other: what it can do, everybody can; only whether the server of its data folder lives it asks the lock',
  },
];

/** The folders of the gateway, from the ground up: each may import itself and those that it names. */
const GATEWAY = [
  {
    folder: 'tenant',
    may: [],
    why: 'what an organisation has connected, approved and ruled is known without asking a server',
  },
  { folder: 'http', may: [], why: 'the way to a server knows no callers' },
  { folder: 'programs', may: [], why: 'a program is started and ended whoever talks to it' },
  { folder: 'log', may: [], why: 'it writes down what it is told' },
  { folder: 'questions', may: ['tenant'], why: 'what may be asked is judged by rules, however it has come' },
  {
    folder: 'upstream',
    may: ['tenant', 'http', 'programs', 'questions'],
    why: 'a session with one server knows neither the others nor how often it is called',
  },
  { folder: 'sign-ins', may: ['tenant', 'http'], why: 'tokens are found and renewed without a session' },
  {
    folder: 'connections',
    may: ['tenant', 'http', 'programs', 'upstream', 'sign-ins'],
    why: 'sessions are kept, shared and given up whatever is called',
  },
  {
    folder: 'calls',
    may: ['tenant', 'questions', 'upstream', 'connections', 'log'],
    why: 'a call takes the session that it is given, and does not care how that was reached',
  },
];

/** What others may import of the gateway; `compose-gateway.ts` puts it together. */
const GATEWAY_DOORS = String.raw`^server/gateway/([^/]+\.ts$|tenant/|sign-ins/(sign-ins|flow)\.ts$|programs/programs\.ts$)`;

const FEATURE = '^components/(?!ui/|shell/|data/)([^/]+)/';

/** One rule a zone: it may import itself, its row of the table and packages; all else is an error. */
const zoneRules = ZONES.map(({ zone, may, why }) => ({
  name: `${zone.replaceAll('/', '-')}-imports`,
  comment: `${zone} may import only ${may.length === 0 ? 'itself' : may.join(', ')}: ${why}.`,
  severity: 'error',
  from: {
    path: `^${zone}/`,
    pathNot: [TEST, ...(zone === 'server/broker' ? ['^server/broker/embedded'] : [])],
  },
  to: {
    pathNot: [`^${zone}/`, ...may, 'node_modules/'],
    dependencyTypesNot: ['core', 'npm-unknown', 'unknown'],
  },
}));

const gatewayRules = GATEWAY.map(({ folder, may, why }) => ({
  name: `gateway-${folder}-imports`,
  comment: `Within the gateway, ${folder} may import only ${['itself', ...may].join(', ')}: ${why}.`,
  severity: 'error',
  from: { path: `^server/gateway/${folder}/`, pathNot: TEST },
  to: {
    path: '^server/gateway/',
    pathNot: `^server/gateway/(refusals\\.ts$|(${[folder, ...may].join('|')})/)`,
  },
}));

const specialRules = [
  {
    name: 'gateway-by-its-doors',
    comment:
      'Of the gateway others import what stands at its top, what is known of a tenant, and the doors of sign-ins and programs.',
    from: { path: '^server/(?!gateway/)[^/]+/', pathNot: TEST },
    to: { path: '^server/gateway/', pathNot: GATEWAY_DOORS },
  },
  {
    name: 'broker-embedded-imports',
    comment: 'The embedded broker is durable through the database, so it alone of the brokers may import db.',
    from: { path: '^server/broker/embedded', pathNot: TEST },
    to: {
      pathNot: ['^server/broker/', ...GROUND, '^db/', 'node_modules/'],
      dependencyTypesNot: ['core', 'npm-unknown', 'unknown'],
    },
  },
  {
    name: 'components-feature-imports',
    comment:
      'A feature may import ui, shell, data, server/domain and types of server/api/trpc; another feature only by its front door (components/<feature>/index).',
    from: { path: FEATURE, pathNot: TEST },
    to: {
      pathNot: [
        '^components/$1/',
        '^components/(ui|shell|data)/',
        String.raw`^components/[^/]+/index\.tsx?$`,
        '^server/domain/',
        '^server/api/trpc/',
        'node_modules/',
      ],
      dependencyTypesNot: ['core', 'npm-unknown', 'unknown'],
    },
  },
  {
    name: 'trpc-as-type-only',
    comment:
      'The browser knows the API by its types: use `import type`, or server code ends up in the bundle.',
    from: { path: '^components/' },
    to: { path: '^server/api/', dependencyTypesNot: TYPE_ONLY },
  },
  {
    name: 'db-knows-env-as-type-only',
    comment: 'db is handed its configuration: it may know the type of it, not read it.',
    from: { path: '^db/', pathNot: TEST },
    to: { path: '^server/platform/', dependencyTypesNot: TYPE_ONLY },
  },
  {
    name: 'domain-packages',
    comment:
      'The domain uses few and pure packages, listed at the top of this file, all of which run in a browser.',
    from: { path: '^server/domain/', pathNot: TEST },
    to: { path: 'node_modules/', pathNot: DOMAIN_PACKAGES },
  },
  {
    name: 'ways-by-our-link',
    comment:
      'next/link fetches every page in sight ahead; components/ui/link.tsx waits until somebody comes near',
    from: { path: '^(app|components)/', pathNot: '^components/ui/link\\.tsx$' },
    to: { path: 'node_modules/next/link' },
  },
  {
    name: 'no-node-in-browser',
    comment: 'This code runs in the browser, where Node modules do not exist.',
    from: { path: '^(server/domain|components)/', pathNot: TEST },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'not-from-tests',
    comment: 'Product code must not lean on test code.',
    from: { path: '^(server|db|components|app|sdk|cli)/', pathNot: TEST },
    to: { path: TEST },
  },
  {
    name: 'server-stays-inside',
    comment: 'The server does not know the pages, the tools around it or its own benchmarks.',
    from: { path: '^(server|db)/', pathNot: TEST },
    to: { path: '^(app|components|scripts|bench|e2e|sdk|cli)/' },
  },
  {
    name: 'composition-at-the-top',
    comment: 'compose.ts, main.ts and tools put the program together; nothing beneath may import them.',
    from: { path: '^server/[^/]+/', pathNot: [TEST, '^server/tools/'] },
    to: { path: String.raw`^server/([^/]+\.ts$|tools/)` },
  },
  {
    name: 'folder-without-a-row',
    comment: 'A new folder under server/ needs a row in the table of ARCHITECTURE.md and in this file.',
    from: {
      path: '^server/[^/]+/',
      pathNot: `^server/(testing|tools)/|${ZONES.map(({ zone }) => `^${zone}/`).join('|')}`,
    },
    to: {},
  },
  {
    name: 'no-cycles',
    comment: 'Two files that need each other are one thought in two places: move the shared part out.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unresolvable',
    comment: 'This import leads nowhere.',
    // The peers of the benchmark are installed apart, and only when it runs.
    from: { pathNot: '^bench/peers/' },
    to: { couldNotResolve: true },
  },
].map((rule) => ({ severity: 'error', ...rule }));

/** @type {{ forbidden: import('dependency-cruiser').IForbiddenRuleType[], options: import('dependency-cruiser').ICruiseOptions }} */
const config = {
  // The cast is for `severity` and the dependency types, which TypeScript widens to string.
  forbidden: /** @type {any[]} */ ([...zoneRules, ...gatewayRules, ...specialRules]),
  options: {
    // TypeScript 7 has no JavaScript API, so swc parses; it reports `import type` as such.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: String.raw`(^|/)(\.next|\.signalbox|coverage)/` },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default', 'require'],
    },
  },
};

export default config;
