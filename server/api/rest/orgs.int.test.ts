import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGraphCache } from '#db/queries/load-graph.ts';
import { audit } from '#server/auditor/audit.ts';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { ROLES } from '#server/identity/permissions.ts';
import { type HttpAnswer, startTestServer, type TestServer } from '#server/testing/http.ts';
import {
  type Browser,
  browserWith,
  cookieOf,
  joinAs,
  type Member,
  PASSWORD,
} from '#server/testing/people.ts';
import { SIX_INPUT, SIX_STAGES } from '#server/testing/six-stages.ts';
import { holdAudit, untilLocked, withoutAudit } from '#server/testing/without-audit.ts';

let http: TestServer;
let owner: Member;

beforeAll(async () => {
  http = await startTestServer();
  const link = await http.program.services.identity.links.issueOwnerLink();
  const first = browserWith(http, cookieOf(await http.ask(`/sign-in?token=${link}`)));
  owner = await joinAs(http, first, 'owner');
});
afterAll(() => http[Symbol.asyncDispose]());

async function signInAgain(): Promise<void> {
  const body = { email: owner.email, password: PASSWORD };
  const again = await http.ask('/api/v1/auth/sign-in', { body });
  expect(again.body.org_id).toBe(DEFAULT_ORG_ID);
  owner = { ...owner, ...browserWith(http, cookieOf(again)) };
}

const PATIENCE = { timeout: 60_000, interval: 50 };
let made = 0;
const makeOrg = async (by: Pick<Browser, 'ask'> = owner): Promise<string> => {
  const answer = await by.ask('/api/v1/orgs', { body: { name: `Org ${++made}` } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id;
};
const enter = (who: Pick<Browser, 'ask'>, id: string) =>
  who.ask(`/api/v1/me/orgs/${id}/enter`, { method: 'POST', body: {} });
const orgOf = async (who: Pick<Browser, 'ask'>) => (await who.ask('/api/v1/me')).body.org_id;
const actionsOf = async (orgId: string, target: string) => {
  const rows = await http.program.database.sql<{ action: string }[]>`SELECT action FROM audit_entries
    WHERE org_id = ${orgId.slice(4)}::text::uuid AND target = ${target} ORDER BY seq`;
  return rows.map(({ action }) => action);
};
const makePipeline = async (who: Pick<Browser, 'ask'>): Promise<string> => {
  const stages = [{ name: 'only', type: 'sleep', config: { ms: 3_600_000 } }];
  return (await who.ask('/api/v1/pipelines', { body: { name: `p ${++made}`, stages } })).body.id;
};
const start = (who: Pick<Browser, 'ask'>, pipeline: string) =>
  who.ask(`/api/v1/pipelines/${pipeline}/execute`, { body: {} });
const startRun = async (who: Pick<Browser, 'ask'>) =>
  (await start(who, await makePipeline(who))).body.id as string;
const close = (id: string) => owner.ask(`/api/v1/orgs/${id}`, { method: 'DELETE' });

describe('organisations', () => {
  test('are made by owners of the first one, who own them, and by nobody else', async () => {
    const id = await makeOrg();
    for (const role of ROLES.filter((each) => each !== 'owner')) {
      const { status } = await (await joinAs(http, owner, role)).ask('/api/v1/orgs', { body: { name: 'x' } });
      expect([role, status]).toEqual([role, 403]);
    }
    const { orgs } = (await owner.ask('/api/v1/me/orgs')).body;
    expect(orgs.find((org: { id: string }) => org.id === id)).toMatchObject({
      role: 'owner',
      is_current: false,
    });
    expect(await actionsOf(id, id)).toEqual(['org.created']);
    expect(await actionsOf(DEFAULT_ORG_ID, id)).toEqual(['org.created']);
    // Who owns one of them does not own the installation.
    await enter(owner, id);
    expect((await owner.ask('/api/v1/orgs', { body: { name: 'x' } })).status).toBe(403);
    expect((await owner.ask('/api/v1/orgs')).status).toBe(403);
    await enter(owner, DEFAULT_ORG_ID);
    expect(JSON.stringify((await owner.ask('/api/v1/orgs')).body)).toContain(id);
  });

  test('made by a program on this machine get their owner by an invitation', async () => {
    const { body } = await http.call('/api/v1/orgs', { name: 'by program' });
    const account = { name: 'New', email: 'new-owner@example.org', password: PASSWORD };
    const token = body.invitation.split('#')[1];
    const joined = await http.ask('/api/v1/auth/join', { body: { token, ...account } });
    expect(joined.body).toMatchObject({ org_id: body.id, org_name: 'by program', role: 'owner' });
  });

  test('of one person are entered one at a time, and each shows its own things only', async () => {
    const id = await makeOrg();
    const run = await startRun(owner);
    const { body: there } = await enter(owner, id);
    expect(there).toMatchObject({ org_id: id, role: 'owner' });
    expect((await owner.ask(`/api/v1/runs/${run}`)).status).toBe(404);
    expect((await owner.ask('/api/v1/runs')).body.runs).toEqual([]);
    expect((await owner.ask('/api/v1/members')).body.members).toHaveLength(1);
    const [session] = (await owner.ask('/api/v1/me/sessions')).body.sessions.filter(
      (each: { is_current: boolean }) => each.is_current,
    );
    expect(await actionsOf(id, session.id)).toEqual(['session.opened']);
    await enter(owner, DEFAULT_ORG_ID);
    expect((await owner.ask(`/api/v1/runs/${run}`)).status).toBe(200);
    expect((await actionsOf(DEFAULT_ORG_ID, session.id)).slice(-2)).toEqual([
      'session.ended',
      'session.opened',
    ]);
  });

  test('of others cannot be entered, renamed or closed, and look as if they were not there', async () => {
    const id = await makeOrg();
    const stranger = await joinAs(http, owner, 'owner');
    const missing = `org_${'0'.repeat(31)}7`;
    for (const [path, asked] of [
      [`/api/v1/me/orgs/ID/enter`, { method: 'POST', body: {} }],
      ['/api/v1/orgs/ID', { method: 'PATCH', body: { name: 'mine' } }],
      ['/api/v1/orgs/ID', { method: 'DELETE' }],
    ] as const) {
      const answers = await Promise.all(
        [id, missing].map(async (each) => {
          const { status, body } = await stranger.ask(path.replace('ID', each), asked);
          return [status, body.detail.replace(each, 'ID')];
        }),
      );
      expect(answers[0]).toEqual([404, 'There is no organisation ID.']);
      expect(answers[1]).toEqual(answers[0]);
    }
  });

  test('are renamed by their owners alone', async () => {
    const id = await makeOrg();
    await enter(owner, id);
    for (const role of ROLES.filter((each) => each !== 'owner')) {
      const member = await joinAs(http, owner, role);
      const { status } = await member.ask(`/api/v1/orgs/${id}`, { method: 'PATCH', body: { name: 'x' } });
      expect([role, status]).toEqual([role, 403]);
      expect((await member.ask(`/api/v1/orgs/${id}`, { method: 'DELETE' })).status).toBe(403);
    }
    await enter(owner, DEFAULT_ORG_ID);
    const renamed = await owner.ask(`/api/v1/orgs/${id}`, { method: 'PATCH', body: { name: ' Renamed ' } });
    expect(renamed.body).toEqual({ id, name: 'Renamed' });
    expect(await actionsOf(id, id)).toEqual(['org.created', 'org.renamed']);
  });

  test('are the ones in which somebody signs in again whom they have left last', async () => {
    const id = await makeOrg();
    await enter(owner, id);
    const signIn = async () =>
      (await http.ask('/api/v1/auth/sign-in', { body: { email: owner.email, password: PASSWORD } })).body
        .org_id;
    expect(await signIn()).toBe(id);
    await enter(owner, DEFAULT_ORG_ID);
    expect(await signIn()).toBe(DEFAULT_ORG_ID);
  });
});

describe('a second organisation of one person', () => {
  test('is joined by an invitation with the account that is signed in, once', async () => {
    const id = await makeOrg();
    const guest = await joinAs(http, owner, 'viewer');
    await enter(owner, id);
    const { token } = (await owner.ask('/api/v1/invites', { body: { role: 'operator' } })).body;
    await enter(owner, DEFAULT_ORG_ID);
    const accepted = await guest.ask('/api/v1/invites/accept', { body: { token } });
    expect(accepted.body).toMatchObject({ id: guest.id, org_id: id, role: 'operator' });
    const now = browserWith(http, cookieOf(accepted));
    expect((await now.ask('/api/v1/me/orgs')).body.orgs).toHaveLength(2);
    expect(await actionsOf(id, guest.id)).toEqual(['member.joined']);
    // The session before has ended, and the link is used up.
    expect((await guest.ask('/api/v1/me')).status).toBe(401);
    expect((await now.ask('/api/v1/invites/accept', { body: { token } })).status).toBe(404);
  });

  test('is not opened by the link that the start prints', async () => {
    const token = await http.program.services.identity.links.issueOwnerLink();
    const viewer = await joinAs(http, owner, 'viewer');
    expect((await viewer.ask('/api/v1/invites/accept', { body: { token } })).status).toBe(404);
    expect((await viewer.ask('/api/v1/me')).body.role).toBe('viewer');
  });

  test('does not move keys and tokens: each stays in the organisation that it was made in', async () => {
    const id = await makeOrg();
    await enter(owner, id);
    const { key } = (await owner.ask('/api/v1/keys', { body: { name: 'k', role: 'owner' } })).body;
    await enter(owner, DEFAULT_ORG_ID);
    const me = () => http.ask('/api/v1/me', { headers: { authorization: `Bearer ${key}` } });
    expect((await me()).body).toMatchObject({ kind: 'key', org_id: id });
    const asKey = await http.ask(`/api/v1/me/orgs/${DEFAULT_ORG_ID}/enter`, {
      body: {},
      headers: { authorization: `Bearer ${key}` },
    });
    expect(asKey.status).toBe(403);
    expect((await me()).body.org_id).toBe(id);
  });

  test('is left by its members, but not by its last owner', async () => {
    const id = await makeOrg();
    await enter(owner, id);
    const refused = await owner.ask(`/api/v1/members/${owner.id}`, { method: 'DELETE' });
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('last owner') } });
    const second = await joinAs(http, owner, 'owner');
    expect((await second.ask(`/api/v1/members/${second.id}`, { method: 'DELETE' })).status).toBe(204);
    await enter(owner, DEFAULT_ORG_ID);
    expect((await second.ask('/api/v1/me')).status).toBe(401);
  });
});

describe('closing an organisation', () => {
  test('waits for its runs, then ends every way in, in one commit, and leaves the audit of it', async () => {
    const id = await makeOrg();
    await enter(owner, id);
    const member = await joinAs(http, owner, 'viewer');
    const { key } = (await owner.ask('/api/v1/keys', { body: { name: 'k', role: 'owner' } })).body;
    const { token: agent } = (await owner.ask('/api/v1/agent-tokens', { body: { agent: 'a' } })).body;
    const { token: invitation } = (await owner.ask('/api/v1/invites', { body: { role: 'owner' } })).body;
    const run = await startRun(owner);
    expect(await close(id)).toMatchObject({ status: 409, body: { detail: 'Runs of it still go on: 1.' } });
    await owner.ask(`/api/v1/runs/${run}/cancel`, { body: { grace_seconds: 0 } });
    await expect
      .poll(async () => (await owner.ask(`/api/v1/runs/${run}`)).body.status, { timeout: 30_000 })
      .toBe('cancelled');
    expect((await close(id)).status).toBe(204);
    const bearer = (token: string) =>
      http.ask('/api/v1/me', { headers: { authorization: `Bearer ${token}` } });
    const ways = [
      await owner.ask('/api/v1/me'),
      await member.ask('/api/v1/me'),
      await bearer(key),
      await bearer(agent),
      await http.ask('/api/v1/auth/join', {
        body: { token: invitation, name: 'Late', email: 'late@example.org', password: PASSWORD },
      }),
    ];
    expect(ways.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect((await actionsOf(id, id)).at(-1)).toBe('org.closed');
    // Its owner is still who they are elsewhere.
    await signInAgain();
    const listed = (await owner.ask('/api/v1/orgs')).body.orgs.find((org: { id: string }) => org.id === id);
    expect(listed).toMatchObject({ members: 0, closed_at: expect.any(String) });
  });

  test('is refused for the one that was there first', async () => {
    const refused = await owner.ask(`/api/v1/orgs/${DEFAULT_ORG_ID}`, { method: 'DELETE' });
    expect(refused.status).toBe(409);
    expect((await owner.ask('/api/v1/me')).status).toBe(200);
  });
});

describe('an organisation that is made while the server runs', () => {
  test('is served by the agents that come with Signalbox, until it is closed', async () => {
    const id = await makeOrg();
    await enter(owner, id);
    const pipeline = (await owner.ask('/api/v1/pipelines', { body: SIX_STAGES })).body.id;
    const started = await owner.ask(`/api/v1/pipelines/${pipeline}/execute`, { body: SIX_INPUT });
    const run = await vi.waitFor(async () => {
      const { body } = await owner.ask(`/api/v1/runs/${started.body.id}`);
      expect(body.finished_at).not.toBeNull();
      return body;
    }, PATIENCE);
    expect(run).toMatchObject({ status: 'succeeded' });
    const agents = async () => {
      const rows = await http.program.database.sql<{ name: string }[]>`SELECT name FROM agents
        WHERE org_id = ${toUuid(id as never)}::text::uuid ORDER BY name`;
      return rows.map(({ name }) => name);
    };
    // They are its own: its people see them and order them about, and nobody else's hear of it.
    const { agents: shown } = (await owner.ask('/api/v1/agents?limit=100')).body;
    expect(shown.map(({ name }: { name: string }) => name).sort()).toEqual(await agents());
    expect(await agents()).toEqual(expect.arrayContaining(['builtin-data-ingestion', 'builtin-output']));
    await enter(owner, DEFAULT_ORG_ID);
    const [ours] = (await owner.ask('/api/v1/agents?limit=100')).body.agents;
    expect(shown.map((agent: { id: string }) => agent.id)).not.toContain(ours.id);
    expect((await close(id)).status).toBe(204);
    await vi.waitFor(async () => expect(await agents()).toEqual([]), PATIENCE);
  });
});

describe('a start and a closing at the same moment', () => {
  const holding = (id: string, work: () => Promise<void>) =>
    holdAudit(http.program.database.sql, toUuid(id as never), work);
  const untilWaiting = (program: string) => untilLocked(http.program.database.sql, program);
  const runsOf = async (orgId: string) =>
    (await http.program.database.sql`SELECT FROM runs WHERE org_id = ${toUuid(orgId as never)}::text::uuid`)
      .length;
  async function expectSound(): Promise<void> {
    const { sql } = http.program.database;
    expect((await audit({ sql, graphOf: createGraphCache(sql) })).findings).toEqual([]);
  }
  test('a start that comes second is refused, and starts nothing; others are not touched by it', async () => {
    const here = await makePipeline(owner);
    const id = await makeOrg();
    await enter(owner, id);
    const pipeline = await makePipeline(owner);
    const asks: Promise<HttpAnswer>[] = [];
    await holding(id, async () => {
      asks.push(close(id));
      await untilWaiting('signalbox-identity');
      asks.push(start(owner, pipeline));
      await untilWaiting('signalbox-lane%');
      asks.push(http.call(`/api/v1/pipelines/${here}/execute`, {}));
    });
    const [closed, refused, other] = await Promise.all(asks);
    expect(closed?.status).toBe(204);
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('closed') } });
    expect(other?.status).toBe(202);
    expect(await runsOf(id)).toBe(0);
    await http.call(`/api/v1/runs/${other?.body.id}/cancel`, { grace_seconds: 0 });
    await expectSound();
    await signInAgain();
  });

  test('a start that comes first goes on, and the closing is told of it', async () => {
    const id = await makeOrg();
    await enter(owner, id);
    const pipeline = await makePipeline(owner);
    const asks: Promise<HttpAnswer>[] = [];
    await holding(id, async () => {
      asks.push(start(owner, pipeline));
      await untilWaiting('signalbox-lane%');
      asks.push(close(id));
      await untilWaiting('signalbox-identity');
    });
    const [started, refused] = await Promise.all(asks);
    expect(started?.status).toBe(202);
    expect(refused).toMatchObject({ status: 409, body: { detail: 'Runs of it still go on: 1.' } });
    expect(await runsOf(id)).toBe(1);
    await owner.ask(`/api/v1/runs/${started?.body.id}/cancel`, { body: { grace_seconds: 0 } });
    await expectSound();
    await enter(owner, DEFAULT_ORG_ID);
  });
});

describe('a sign-in that dies before its commit', () => {
  const unaudited = (work: () => Promise<void>) => withoutAudit(http.program.database.sql, work);
  const sessionsOf = async ({ id }: Member) => {
    const rows = await http.program.database.sql<{ id: string; org_id: string }[]>`
      SELECT id, org_id FROM sessions WHERE user_id = ${toUuid(id as never)}::text::uuid ORDER BY id`;
    return rows.map(({ id: session, org_id }) => `${session} ${org_id}`);
  };

  test('leaves neither a session nor the end of the one before, and uses no link up', async () => {
    const member = await joinAs(http, owner, 'viewer');
    const { token } = (await owner.ask('/api/v1/invites', { body: { role: 'viewer' } })).body;
    const before = await sessionsOf(member);
    const late = { token, name: 'Late', email: 'late-joiner@example.org', password: PASSWORD };
    await unaudited(async () => {
      const body = { email: member.email, password: PASSWORD };
      expect((await member.ask('/api/v1/auth/sign-in', { body })).status).toBe(500);
      expect((await http.ask('/api/v1/auth/join', { body: late })).status).toBe(500);
      expect((await enter(owner, await soleOther())).status).toBe(500);
      expect((await member.ask('/api/v1/auth/sign-out', { method: 'POST', body: {} })).status).toBe(500);
    });
    expect(await sessionsOf(member)).toEqual(before);
    expect((await member.ask('/api/v1/me')).status).toBe(200);
    expect(await orgOf(owner)).toBe(DEFAULT_ORG_ID);
    expect((await http.ask('/api/v1/auth/join', { body: late })).status).toBe(200);
  });

  const soleOther = async () =>
    (await owner.ask('/api/v1/me/orgs')).body.orgs.find((org: { is_current: boolean }) => !org.is_current).id;

  test('the end of a membership and of its sessions are one commit, with the note of it', async () => {
    const member = await joinAs(http, owner, 'viewer');
    const before = await sessionsOf(member);
    expect(before).toHaveLength(1);
    await unaudited(async () => {
      expect((await owner.ask(`/api/v1/members/${member.id}`, { method: 'DELETE' })).status).toBe(500);
      const change = { method: 'PATCH', body: { role: 'operator' } };
      expect((await owner.ask(`/api/v1/members/${member.id}`, change)).status).toBe(500);
    });
    expect(await sessionsOf(member)).toEqual(before);
    expect((await member.ask('/api/v1/me')).body.role).toBe('viewer');
    // Dies after the commit, before it has told anybody: what is committed holds.
    const { access } = http.program.services.identity;
    const { changed } = access;
    Object.assign(access, { changed: () => Promise.reject(new Error('died')) });
    try {
      await owner.ask(`/api/v1/members/${member.id}`, { method: 'DELETE' });
    } finally {
      Object.assign(access, { changed });
    }
    expect(await sessionsOf(member)).toEqual([]);
    await expect.poll(async () => (await member.ask('/api/v1/me')).status, { timeout: 60_000 }).toBe(401);
    expect((await actionsOf(DEFAULT_ORG_ID, member.id)).at(-1)).toBe('member.removed');
  });

  test('a new password and the end of all other sessions are one commit', async () => {
    const member = await joinAs(http, owner, 'viewer');
    const body = { email: member.email, password: PASSWORD };
    await http.ask('/api/v1/auth/sign-in', { body });
    const change = { password: 'another horse battery', current_password: PASSWORD };
    await unaudited(async () => {
      expect((await member.ask('/api/v1/me', { method: 'PATCH', body: change })).status).toBe(500);
    });
    expect(await sessionsOf(member)).toHaveLength(2);
    expect((await http.ask('/api/v1/auth/sign-in', { body })).status).toBe(200);
  });
});
