import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleWorld, type ExampleWorld } from '#server/testing/example-world.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { requestOf } from '#server/testing/request-of.ts';
import { listOperations } from '../operations/index.ts';

/** What leaves no entry, and why none is owed. A new operation that changes something is not among them. */
const WITHOUT = new Map([
  ...because('It only looks.', 'pipelines.validate', 'audit.verify'),
  ...because('It is nothing yet: what comes of it is told of.', 'passkeys.challenge', 'passkeys.prepare'),
  ...because('Nobody else sees it.', 'pipelines.star'),
  ...because(
    'Nobody else sees the one of the example; what is shared is told of.',
    'views.save',
    'views.remove',
  ),
  ...because(
    'The events of the run tell of it.',
    ...['agents.claim', 'agents.heartbeat', 'agents.report', 'agents.upload'],
  ),
  ...because('The log of the gateway tells of each call.', 'mcp.callTool', 'mcp.askDeepwiki'),
  ...because(
    'The example finds nothing to do; what it finds is told of one by one.',
    'mcp.import',
    'deadLetters.replayAll',
  ),
]);

function because(why: string, ...names: string[]): [name: string, why: string][] {
  return names.map((name) => [name, why]);
}

/** What the entry says was done, and with what its target begins where that stands in neither the call nor its answer. */
const ACTIONS: Readonly<Record<string, string | readonly [action: string, target: string]>> = {
  'pipelines.create': 'pipeline.created',
  'pipelines.import': 'pipeline.created',
  'pipelines.update': 'pipeline.changed',
  'pipelines.archive': 'pipeline.archived',
  'pipelines.unarchive': 'pipeline.unarchived',
  'pipelines.duplicate': 'pipeline.created',
  'pipelines.execute': 'run.started',
  'pipelines.saveDraft': 'pipeline.draft-saved',
  'pipelines.publish': 'pipeline.published',
  'pipelines.restoreVersion': 'pipeline.restored',
  'templates.instantiate': 'pipeline.created',
  'runs.replay': 'run.replayed',
  'runs.pause': 'run.paused',
  'runs.resume': 'run.resumed',
  'runs.kill': 'run.killed',
  'runs.cancel': 'run.cancelled',
  'runs.reveal': 'run.revealed',
  'tasks.submit': 'task.submitted',
  'tasks.retry': 'task.retried',
  'agents.register': 'agent.registered',
  'agents.order': 'agent.drain',
  'bulk.create': 'bulk.created',
  'bulk.abort': 'bulk.aborted',
  'deadLetters.replay': 'dead-letter.replayed',
  'deadLetters.discard': 'dead-letter.discarded',
  'auth.signIn': ['session.opened', 'ses_'],
  'auth.join': 'member.joined',
  'auth.signOut': ['session.ended', 'ses_'],
  'me.update': 'account.changed',
  'me.unlink': ['account.unlinked', 'user_'],
  'me.endSession': 'session.ended',
  'passkeys.signIn': ['session.opened', 'ses_'],
  'passkeys.add': 'passkey.added',
  'passkeys.rename': 'passkey.renamed',
  'passkeys.remove': 'passkey.removed',
  'orgs.enter': ['session.ended', 'ses_'],
  'orgs.create': 'org.created',
  'orgs.rename': 'org.renamed',
  'orgs.close': 'org.closed',
  'members.changeRole': 'member.role-changed',
  'members.remove': 'member.removed',
  'invites.create': 'member.invited',
  'invites.accept': ['session.opened', 'ses_'],
  'invites.revoke': 'invite.revoked',
  'grants.add': 'grant.added',
  'grants.remove': 'grant.removed',
  'keys.create': 'key.created',
  'keys.rotate': 'key.rotated',
  'keys.revoke': 'key.revoked',
  'agentTokens.create': 'agent-token.created',
  'agentTokens.revoke': 'agent-token.revoked',
  'apps.end': 'app.revoked',
  'apps.decide': ['app.allowed', 'app_'],
  'secrets.put': 'secret.stored',
  'secrets.delete': 'secret.deleted',
  'notificationTargets.create': 'notification-target.created',
  'notificationTargets.update': 'notification-target.changed',
  'notificationTargets.delete': 'notification-target.deleted',
  'notificationTargets.rotateSecret': 'notification.secret-rotated',
  'notificationTargets.rotateDefaultSecret': ['notification.secret-rotated', 'default'],
  'notificationTargets.test': 'notification-target.tested',
  'notificationDeliveries.redeliver': 'notification.redelivered',
  'analytics.decide': 'error.decided',
  'workspaces.write': 'workspace.file-written',
  'workspaces.edit': 'workspace.file-written',
  'workspaces.remove': 'workspace.file-removed',
  'workspaces.send': 'workspace.message-sent',
  'workspaces.forceRelease': 'workspace.claim-taken-away',
  'mcp.connect': 'mcp-connection.created',
  'mcp.update': 'mcp-connection.changed',
  'mcp.disconnect': 'mcp-connection.deleted',
  'mcp.signOut': 'mcp-connection.signed-out',
  'mcp.test': 'mcp-connection.tested',
  'mcp.approveTools': 'mcp-tool.approved',
  'mcp.blockTools': 'mcp-tool.blocked',
  'mcpServers.create': 'mcp-server.created',
  'mcpServers.update': 'mcp-server.changed',
  'mcpServers.delete': 'mcp-server.deleted',
  'mcpRules.create': 'mcp-rule.created',
  'mcpRules.delete': 'mcp-rule.deleted',
  'mcpApprovals.decide': 'mcp-call.refused',
  'mcpQuestions.answer': 'mcp-question.answered',
};

/** How an entry tells of a change: with how it was and how it is, where it has both. */
type Told = 'what it was and is' | 'what it was' | 'what it is' | 'neither';

/** What is made was nothing before, and what is taken away is nothing afterwards. */
const TOLD: readonly (readonly [told: Told, why: string, names: readonly string[]])[] = [
  [
    'what it was and is',
    'It was there before and is there afterwards.',
    [
      ...['pipelines.update', 'pipelines.archive', 'pipelines.unarchive', 'pipelines.saveDraft'],
      ...['pipelines.restoreVersion', 'agents.order', 'bulk.abort', 'me.update', 'passkeys.rename'],
      ...['orgs.rename', 'members.changeRole', 'keys.rotate', 'notificationTargets.update'],
      ...['analytics.decide', 'mcp.update', 'mcp.approveTools', 'mcp.blockTools', 'mcpServers.update'],
      // Its sessions end with it.
      'passkeys.remove',
    ],
  ],
  [
    'what it was',
    'It is taken away.',
    [
      ...['me.unlink', 'orgs.close', 'invites.revoke', 'grants.remove', 'keys.revoke', 'agentTokens.revoke'],
      ...['apps.end', 'secrets.delete', 'notificationTargets.delete', 'members.remove'],
      ...['mcp.disconnect', 'mcpServers.delete', 'mcpRules.delete', 'workspaces.forceRelease'],
    ],
  ],
  [
    'what it is',
    'It is made, or answered, by this.',
    [
      ...['pipelines.create', 'pipelines.import', 'pipelines.duplicate', 'pipelines.publish'],
      ...['pipelines.execute', 'templates.instantiate', 'runs.replay', 'tasks.submit', 'agents.register'],
      ...['auth.signIn', 'passkeys.signIn', 'passkeys.add', 'orgs.create', 'invites.create', 'grants.add'],
      ...['keys.create', 'agentTokens.create', 'apps.decide', 'bulk.create', 'invites.accept'],
      ...['notificationTargets.create', 'notificationTargets.test', 'runs.reveal'],
      // The files of a workspace are kept in all their versions.
      ...['workspaces.write', 'workspaces.edit', 'workspaces.remove', 'workspaces.send'],
      ...['mcp.connect', 'mcp.test', 'mcpServers.create', 'mcpRules.create'],
      ...['mcpApprovals.decide', 'mcpQuestions.answer', 'secrets.put'],
    ],
  ],
  [
    'neither',
    'The action says all: what was open is over. How a run stood is told by its events, in their order.',
    [
      ...['auth.join', 'auth.signOut', 'me.endSession', 'orgs.enter'],
      ...['runs.pause', 'runs.resume', 'runs.kill', 'runs.cancel', 'tasks.retry'],
      // Of the example it is a message; of a task the entry names the run that came of it.
      ...['deadLetters.replay', 'deadLetters.discard'],
      ...['notificationDeliveries.redeliver', 'mcp.signOut'],
    ],
  ],
  [
    'neither',
    'It is about a secret: one takes the place of another, and nothing is said of either.',
    ['notificationTargets.rotateSecret', 'notificationTargets.rotateDefaultSecret'],
  ],
];
const toldOf = new Map(TOLD.flatMap(([told, , names]) => names.map((name) => [name, told] as const)));

function told({ before, after }: Entry): Told {
  if (before !== undefined) return after === undefined ? 'what it was' : 'what it was and is';
  return after === undefined ? 'neither' : 'what it is';
}

/** What is told of how it was before. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  'passkeys.rename': ['name'],
  'passkeys.remove': ['name'],
  'agents.order': ['ordered'],
  'agentTokens.revoke': ['agent'],
  'bulk.abort': ['status'],
  'keys.revoke': ['name', 'role', 'scopes'],
  'keys.rotate': ['last_four'],
  'pipelines.archive': ['name', 'archived'],
  'pipelines.unarchive': ['name', 'archived'],
  'invites.revoke': ['role', 'label'],
  'orgs.close': ['name'],
  'secrets.delete': ['version'],
  'me.update': ['name'],
};

let http: TestServer;
let world: ExampleWorld;
beforeAll(async () => {
  const settings = { SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8', SIGNALBOX_RATE_SIGN_INS: '10000' };
  http = await startTestServer(settings, { name: 'localhost' });
  world = createExampleWorld(http);
});
afterAll(() => http[Symbol.asyncDispose]());

interface Entry {
  action: string;
  target: string | null;
  request_id: string | null;
  address: string | null;
  before?: object;
  after?: unknown;
}

/** What came after that many, in whichever organisation. */
async function entriesSince(at: Date): Promise<Entry[]> {
  const rows = await http.program.database.sql<{ body: string }[]>`
    SELECT body FROM audit_entries WHERE at > ${at.toISOString()}::text::timestamptz ORDER BY at, seq`;
  return rows.map(({ body }) => JSON.parse(body));
}

async function now(): Promise<Date> {
  const [row] = await http.program.database.sql<{ at: Date }[]>`SELECT clock_timestamp() AS at`;
  return row?.at as Date;
}

describe('what is changed by an operation is told of by the audit', () => {
  const changing = listOperations().filter(({ operation }) => operation.method !== 'GET');
  const owed = changing.filter(({ name }) => !WITHOUT.has(name));
  test.each(owed)('$name', async ({ name, operation }) => {
    const input = await world.settle(operation.example);
    const { target, method, headers, body } = requestOf(operation, input);
    const isPerson = operation.by === 'person';
    const person = isPerson ? await world.asPerson() : {};
    const id = `asked by ${name}`.replaceAll(/[^a-z]/gi, '-');
    const all = { ...headers, ...person, 'x-request-id': id };
    const before = await now();
    const answer = isPerson
      ? await http.ask(target, { method, body, headers: all })
      : await http.call(target, body, { method, headers: all });
    expect(answer.status).toBeLessThan(300);
    const entries = await entriesSince(before);
    const [entry] = entries.filter(({ request_id }) => request_id === id);
    const [action, where] = [ACTIONS[name] ?? []].flat();
    expect(entry).toMatchObject({ action, address: '127.0.0.1' });
    if (where === undefined) expect(JSON.stringify([input, answer.body])).toContain(entry?.target);
    else expect(entry?.target).toMatch(new RegExp(`^${where}`));
    expect(entry && told(entry)).toBe(toldOf.get(name));
    expect(Object.keys(entry?.before ?? {})).toEqual(expect.arrayContaining([...(BEFORE[name] ?? [])]));
  });

  test('a view only where it is shared, since nobody else sees another', async () => {
    const before = await now();
    const save = (name: string, shared: boolean) =>
      http.call(`/api/v1/views/runs/${name}`, { query: 'status=failed', shared }, { method: 'PUT' });
    for (const answer of [await save('mine', false), await save('ours', true)])
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect((await entriesSince(before)).map(({ action, target }) => [action, target])).toEqual([
      ['view.shared', 'runs/ours'],
    ]);
  });

  test('by the door of tRPC as by that of REST: with the request and the address that it came from', async () => {
    const before = await now();
    const headers = { 'x-request-id': 'asked-by-trpc' };
    const wish = { agent: 'told of' };
    expect((await http.call('/api/trpc/agentTokens.create', wish, { headers })).status).toBe(200);
    expect(await entriesSince(before)).toContainEqual(
      expect.objectContaining({
        ...{ action: 'agent-token.created', request_id: 'asked-by-trpc', address: '127.0.0.1' },
        after: wish,
      }),
    );
  });

  test('and each of them has a word for what it does', () => {
    expect(Object.keys(ACTIONS).sort()).toEqual(owed.map(({ name }) => name).sort());
  });

  test('and each of them is said to have a before and an after, or why it has not', () => {
    expect([...toldOf.keys()].sort()).toEqual(owed.map(({ name }) => name).sort());
    expect(TOLD.flatMap(([, , names]) => names)).toHaveLength(toldOf.size);
  });

  test('a secret that takes the place of another with the numbers of both, and of neither more', async () => {
    const before = await now();
    for (const value of ['the first value', 'the second value'])
      await http.call('/api/v1/secrets/in-turn', { value }, { method: 'PUT' });
    const entries = await entriesSince(before);
    expect(entries.map((entry) => [entry.before, entry.after])).toEqual([
      [undefined, { version: 1 }],
      [{ version: 1 }, { version: 2 }],
    ]);
    expect(JSON.stringify(entries)).not.toContain('value');
  });

  test('or there is a reason why not, for each that still is there', () => {
    const names = new Set(changing.map(({ name }) => name));
    expect([...WITHOUT.keys()].filter((name) => !names.has(name))).toEqual([]);
  });
});
