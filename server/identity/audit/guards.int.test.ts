import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compose } from '#server/compose.ts';
import { readEnv } from '#server/platform/env.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { listAudit } from '#server/services/audit/list.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { LOCAL_OWNER } from '../actor.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-guards-'));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A start with these settings: which entries it leaves, and all that stands in the audit as text. */
async function start(settings: Record<string, string>) {
  const env = readEnv({ DATABASE_URL: database.url, SIGNALBOX_DATA_DIR: folder, ...settings }, folder);
  const options = { logger: pino({ level: 'silent' }), metrics: createMetrics(), isWarm: false };
  const app = await compose({ ...options, env, onStep: () => undefined });
  try {
    const before = known;
    const { items } = await listAudit(app.services, LOCAL_OWNER, { action: 'settings.changed', limit: 100 });
    known = items.length;
    const verified = await app.services.auditor.verify(LOCAL_OWNER.orgId);
    expect(verified.fault).toBeNull();
    return items.slice(0, items.length - before).map(({ actor, target, before, after }) => {
      return { actor, target, before, after };
    });
  } finally {
    await app.stop();
  }
}
let known = 0;

const SYSTEM = { kind: 'system', id: 'system', name: 'system', role: null };
const ALL = 'agents,coordinator,web';
const ONE = '10.1.0.0/16';

test('a start with other networks than the last is told of with both, and one with the same is not', async () => {
  expect(await start({})).toEqual([]);
  const opened = { SIGNALBOX_OUTBOUND_ALLOW: ONE };
  const entry = { actor: SYSTEM, target: ALL };
  expect(await start(opened)).toEqual([
    { ...entry, before: { SIGNALBOX_OUTBOUND_ALLOW: null }, after: { SIGNALBOX_OUTBOUND_ALLOW: ONE } },
  ]);
  // What guards nothing is not told of.
  expect(await start({ ...opened, MAX_AGENTS: '7' })).toEqual([]);
  const more = { SIGNALBOX_OUTBOUND_ALLOW: `${ONE},192.168.1.7`, SIGNALBOX_SESSION_MAX_DAYS: '60' };
  expect(await start(more)).toEqual([
    {
      ...entry,
      before: { SIGNALBOX_OUTBOUND_ALLOW: ONE, SIGNALBOX_SESSION_MAX_DAYS: '30' },
      after: more,
    },
  ]);
  expect(await start({})).toEqual([
    {
      ...entry,
      before: more,
      after: { SIGNALBOX_OUTBOUND_ALLOW: null, SIGNALBOX_SESSION_MAX_DAYS: '30' },
    },
  ]);
});

test('processes of other roles are compared with their own kind, and first with what holds unset', async () => {
  const web = { SIGNALBOX_ROLES: 'web', SIGNALBOX_OUTBOUND_ALLOW: ONE };
  expect(await start(web)).toMatchObject([{ target: 'web', after: { SIGNALBOX_OUTBOUND_ALLOW: ONE } }]);
  expect(await start(web)).toEqual([]);
  expect(await start({})).toEqual([]);
});

test('who else signs people in, and which programs may be started, is told of without any secret', async () => {
  const file = join(folder, 'identity.json');
  const secret = 'a-secret-of-thirty-two-letters-or-more';
  const provider = { id: 'git', name: 'Git', type: 'github', clientId: 'x', clientSecret: secret };
  const issuer = { issuer: 'https://app.example', audience: 'a', algorithm: 'HS256', secret, roles: {} };
  const write = (providers: object[]) => writeFile(file, JSON.stringify({ providers, issuers: [issuer] }));
  await write([provider]);
  const settings = {
    SIGNALBOX_IDENTITY_FILE: file,
    SIGNALBOX_MCP_PROGRAMS: 'memory=/usr/bin/node /srv/index.js --key=hidden-word',
  };
  const [told] = await start(settings);
  expect(told?.after).toMatchObject({
    SIGNALBOX_IDENTITY_FILE: file,
    SIGNALBOX_MCP_PROGRAMS: 'memory=/usr/bin/node',
    providers: [{ id: 'git', issuer: 'https://github.com/login/oauth' }],
    issuers: [{ issuer: 'https://app.example', algorithm: 'HS256' }],
  });
  await write([{ ...provider, id: 'other' }]);
  expect(await start(settings)).toMatchObject([
    { before: { providers: [{ id: 'git' }] }, after: { providers: [{ id: 'other' }] } },
  ]);
  const [row] = await database.sql<{ text: string }[]>`
    SELECT (SELECT coalesce(string_agg(a::text, ''), '') FROM audit_entries a)
      || (SELECT string_agg(g::text, '') FROM guarding_settings g) AS text`;
  expect(row?.text).toContain('https://app.example');
  for (const word of [secret, 'hidden-word']) expect(row?.text).not.toContain(word);
});
