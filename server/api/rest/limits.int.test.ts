import { once } from 'node:events';
import { request as sendRaw } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRates } from '#server/identity/limits/rates.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { type HttpAnswer, openTestDoors, type TestDoors } from '#server/testing/http.ts';
import { joinAs, type Member, PASSWORD } from '#server/testing/people.ts';

const PER_MINUTE = { reads: 40, writes: 20, agents: 50, 'sign-ins': 5 };

let program: TestApp;
let owner: { ask: TestDoors['ask'] };
let member: Member;
/** Whoever connects is whom they are. */
let doors: TestDoors;
/** A proxy connects, and says for whom it speaks. */
let behindProxy: TestDoors;
let nowMs = 1_790_000_000_000;
const headersOf = (key: string) => ({ authorization: `Bearer ${key}` });

beforeAll(async () => {
  program = await startTestApp();
  const open = await openTestDoors(program);
  const headers = headersOf(program.secret);
  owner = {
    ask: (path, asked = {}) => open.ask(path, { ...asked, headers: { ...asked.headers, ...headers } }),
  };
  member = await joinAs(open, owner, 'viewer');
});
afterAll(async () => program?.[Symbol.asyncDispose]());

/** Fresh buckets for each test, and a clock that stands still: what is refilled does not hang on how fast the test is. */
beforeEach(async () => {
  const now = () => nowMs;
  const rates = createRates({
    ...{
      hot: createMemoryHotState({ now }),
      local: createMemoryHotState({ now }),
      perMinute: PER_MINUTE,
      now,
    },
    isLocalOnly: false,
    onLimited: program.metrics.countLimited,
  });
  const limited = { ...program, services: { ...program.services, rates } };
  doors = await openTestDoors(limited);
  behindProxy = await openTestDoors(limited, { trustedProxies: ['127.0.0.1'] });
  return async () => {
    await Promise.all([doors, behindProxy].map((each) => each[Symbol.asyncDispose]()));
  };
});

async function newKey(role = 'owner'): Promise<string> {
  const { body } = await owner.ask('/api/v1/keys', { body: { name: 'test', role } });
  return body.key;
}

async function statuses(count: number, ask: (at: number) => Promise<{ status: number }>): Promise<number[]> {
  const answers: number[] = [];
  for (let at = 0; at < count; at += 1) answers.push((await ask(at)).status);
  return answers;
}
const limitedIn = (answers: readonly number[]): number => answers.filter((status) => status === 429).length;

/** To the letter: other clients tidy paths up before they send them. */
async function askRaw(
  path: string,
  method: string,
  headers: Record<string, string>,
): Promise<{ status: number }> {
  const { hostname, port } = new URL(doors.origin);
  const request = sendRaw({ hostname, port, path, method, headers });
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode };
}

describe('answers', () => {
  it('say how the caller stands, and refuse the one too many with when to come again', async () => {
    const headers = headersOf(await newKey());
    const first = await doors.ask('/api/v1/me', { headers });
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe('"reads";q=40;w=60');
    expect(first.headers.get('ratelimit')).toBe('"reads";r=39;t=2');
    expect(first.headers.get('retry-after')).toBeNull();
    await statuses(39, () => doors.ask('/api/v1/me', { headers }));
    const refused = await doors.ask('/api/v1/me', { headers });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(refused.headers.get('ratelimit')).toBe('"reads";r=0;t=60');
    expect(refused.body).toMatchObject({ code: 'LIMITED', limit: 'reads', retryAfterSeconds: 2 });
    nowMs += 2000;
    expect((await doors.ask('/api/v1/me', { headers })).status).toBe(200);
  });

  it('are pages where a person comes back from a provider, and try again by themselves', async () => {
    await statuses(40, () => doors.ask('/api/v1/auth/providers'));
    const path = '/api/v1/auth/providers/any/callback?code=a&state=b';
    const page = await doors.ask(path, { headers: { accept: 'text/html,*/*' } });
    expect(page.status).toBe(429);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('retry-after')).toBe('2');
    expect(page.body).toContain('<meta http-equiv="refresh" content="2">');
  });

  it('show the same by the operation, which the secret of the data folder finds empty', async () => {
    const headers = headersOf(await newKey());
    await doors.ask('/api/v1/pipelines/validate', { headers, body: {} });
    const { body } = await doors.ask('/api/v1/limits', { headers });
    expect(body.rates).toEqual([
      { name: 'reads', limit: 40, window: 60, left: 39, full_in: 2 },
      { name: 'writes', limit: 20, window: 60, left: 19, full_in: 3 },
      { name: 'agents', limit: 50, window: 60, left: 50, full_in: 0 },
    ]);
    const local = await doors.ask('/api/v1/limits', { headers: headersOf(program.secret) });
    expect(local.body).toEqual({ rates: [], quotas: [] });
    expect(local.headers.get('ratelimit')).toBeNull();
  });

  it('count beats, claims and reports for themselves, by either door', async () => {
    const headers = headersOf(await newKey());
    const agent = `agent_${'0'.repeat(32)}`;
    const policy = async (path: string) =>
      (await doors.ask(path, { headers, body: {} })).headers.get('ratelimit-policy');
    for (const verb of ['heartbeat', 'claim', 'reports', 'claim/', '/claim'])
      expect(await policy(`/api/v1/agents/${agent}/${verb}`)).toBe('"agents";q=50;w=60');
    expect(await policy('/api/trpc/agents.heartbeat')).toBe('"agents";q=50;w=60');
    expect(await policy('/api/v1/agents/register')).toBe('"writes";q=20;w=60');
    expect(await policy('/api/trpc/agents.heartbeat,keys.create?batch=1')).toBe(
      '"agents";q=50;w=60, "writes";q=20;w=60',
    );
  });

  it('count what is refused by its limit, and leave it out of the audit', async () => {
    const headers = headersOf(await newKey());
    const before = await countOf('writes');
    const ask = () => doors.ask('/api/v1/pipelines/validate', { headers, body: {} });
    expect(limitedIn(await statuses(25, ask))).toBe(5);
    expect((await countOf('writes')) - before).toBe(5);
    const { body } = await owner.ask('/api/v1/audit?action=access.refused');
    expect(JSON.stringify(body.entries)).not.toContain('validate');
  });
});

async function countOf(limit: string): Promise<number> {
  const line = new RegExp(`^signalbox_limited_total\\{limit="${limit}"\\} (\\d+)`, 'm');
  return Number(line.exec(await program.metrics.read())?.[1] ?? 0);
}

describe('nothing is gained', () => {
  it('by naming other addresses where no proxy is trusted', async () => {
    const ask = (at: number) => {
      const address = `203.0.113.${at}`;
      const headers = {
        'x-forwarded-for': address,
        forwarded: `for=${address}`,
        'x-real-ip': address,
        'cf-connecting-ip': address,
        'true-client-ip': address,
      };
      return doors.ask('/api/v1/runs', { headers });
    };
    expect(await statuses(42, ask)).toEqual([...Array.from({ length: 40 }, () => 401), 429, 429]);
  });

  it('by naming them to a proxy that is trusted, which adds the true one; each caller behind it counts alone', async () => {
    const from = (address: string) => (at: number) =>
      behindProxy.ask('/api/v1/runs', {
        headers: { 'x-forwarded-for': `198.51.100.${at}, ${address}`, forwarded: `for=198.51.100.${at}` },
      });
    expect(limitedIn(await statuses(45, from('203.0.113.1')))).toBe(5);
    expect(limitedIn(await statuses(5, from('203.0.113.2')))).toBe(0);
  });

  it('by going through the addresses of one /64', async () => {
    const ask = (at: number) =>
      behindProxy.ask('/api/v1/runs', {
        headers: { 'x-forwarded-for': `2001:db8:5:6:${at.toString(16)}::1` },
      });
    expect(limitedIn(await statuses(45, ask))).toBe(5);
  });

  it('by showing keys that are none', async () => {
    const ask = (at: number) => doors.ask('/api/v1/runs', { headers: headersOf(`guess-${at}`) });
    expect(limitedIn(await statuses(45, ask))).toBe(5);
  });

  it('by spelling a path otherwise, or asking for its head or options only', async () => {
    const headers = headersOf(await newKey());
    const paths = [
      '/api/v1/me',
      '/api/v1/me/',
      '/api//v1/me',
      '/api/v1/ME',
      '/api/v1/%6de',
      '/api/v1/%2e/me',
      '/api/v1/runs/%2e%2e/me',
      '/api/v1/me;x',
      '/api/v1/me?x=1',
      '/api/v1/me#x',
    ];
    const spelt = await statuses(30, (at) => askRaw(paths[at % paths.length] ?? '', 'GET', headers));
    expect(limitedIn(spelt)).toBe(0);
    const headed = await statuses(12, (at) =>
      askRaw('/api/v1/me', at % 2 === 0 ? 'HEAD' : 'OPTIONS', headers),
    );
    expect(limitedIn(headed)).toBe(2);
    expect((await doors.ask('/api/v1/me', { headers })).status).toBe(429);
  });

  it('by batching calls: each counts', async () => {
    const headers = headersOf(await newKey());
    const batch = (count: number) => {
      const names = Array.from({ length: count }, () => 'me.get').join(',');
      const input = Object.fromEntries(Array.from({ length: count }, (_, at) => [at, {}]));
      return doors.ask(`/api/trpc/${names}?batch=1&input=${encodeURIComponent(JSON.stringify(input))}`, {
        headers,
      });
    };
    const whole = await batch(20);
    expect(whole.status).toBe(200);
    expect(whole.headers.get('ratelimit')).toBe('"reads";r=20;t=30');
    expect((await batch(100)).status).toBe(429);
    expect((await batch(15)).headers.get('ratelimit')).toBe('"reads";r=5;t=53');
    expect((await batch(6)).status).toBe(429);
    expect((await batch(5)).status).toBe(200);
  });

  it('by asking all at once when one is left', async () => {
    const headers = headersOf(await newKey());
    await statuses(39, () => doors.ask('/api/v1/me', { headers }));
    const answers = await Promise.all(Array.from({ length: 50 }, () => doors.ask('/api/v1/me', { headers })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(limitedIn(answers.map(({ status }) => status))).toBe(49);
  });

  it('by guessing from many addresses, or by writing the account otherwise; the right password waits too', async () => {
    const spellings = [
      member.email,
      member.email.toUpperCase(),
      ` ${member.email} `,
      fullWidth(member.email),
    ];
    const guess = (at: number, password = 'wrong') =>
      behindProxy.ask('/api/v1/auth/sign-in', {
        body: { email: spellings[at % spellings.length], password },
        headers: { 'x-forwarded-for': `203.0.113.${at}` },
      });
    expect(await statuses(7, guess)).toEqual([401, 401, 401, 401, 401, 429, 429]);
    const refused = await guess(8, PASSWORD);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('12');
    nowMs += 12_000;
    expect((await guess(9, PASSWORD)).status).toBe(200);
  });

  it('by guessing many accounts from one address, also in a batch', async () => {
    const body = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [at, { email: `nobody-${at}@example.org`, password: 'wrong' }]),
    );
    const names = Array.from({ length: 8 }, () => 'auth.signIn').join(',');
    const { body: answers, headers } = await doors.ask(`/api/trpc/${names}?batch=1`, { body });
    const codes = answers.map(
      ({ error }: { error: { data: { problem: { code: string } } } }) => error.data.problem.code,
    );
    expect(codes.toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'LIMITED'),
      ...Array.from({ length: 5 }, () => 'UNAUTHENTICATED'),
    ]);
    // Of the three that were refused, as of one.
    expect(headers.get('retry-after')).toBe('12');
    const alone = await doors.ask('/api/trpc/auth.signIn', { body: body[0] });
    expect([alone.status, alone.headers.get('retry-after')]).toEqual([429, '12']);
  });
});

const fullWidth = (text: string): string =>
  text.replace(/[a-z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0));

describe('the audit', () => {
  const entriesOf = async (query: string): Promise<HttpAnswer['body'][]> =>
    (await owner.ask(`/api/v1/audit?${query}`)).body.entries;

  it('has a refused caller once for each thing asked, by whichever door', async () => {
    const headers = headersOf(await newKey('viewer'));
    const { body: me } = await doors.ask('/api/v1/me', { headers });
    const body = { name: 'more', role: 'viewer' };
    for (let at = 0; at < 4; at += 1) {
      expect((await doors.ask('/api/v1/keys', { headers, body })).status).toBe(403);
      expect((await doors.ask('/api/trpc/keys.create', { headers, body })).status).toBe(403);
    }
    expect((await doors.ask('/metrics', { headers })).status).toBe(403);
    await expect
      .poll(
        async () => (await entriesOf(`actor_id=${me.id}&action=access.refused`)).map(({ target }) => target),
        {
          timeout: 60_000,
        },
      )
      .toEqual(['GET /metrics', 'POST /api/v1/keys']);
  });

  it('has refused sign-ins once for each account', async () => {
    const before = await entriesOf(`action=session.refused&target=${member.id}`);
    nowMs += 60_000;
    const guess = { email: member.email, password: 'wrong' };
    for (let at = 0; at < 3; at += 1) await doors.ask('/api/v1/auth/sign-in', { body: guess });
    const after = await entriesOf(`action=session.refused&target=${member.id}`);
    expect(after.length).toBeGreaterThan(0);
    expect(after.length - before.length).toBeLessThanOrEqual(1);
  });
});
