import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeId, toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { listDeliveries, redeliver } from '#server/services/notification/deliveries.ts';
import { rotateSecret } from '#server/services/notification/signing-secret.ts';
import {
  createTarget,
  deleteTarget,
  listTargets,
  testTarget,
  updateTarget,
} from '#server/services/notification/targets.ts';
import { until } from '#server/testing/faults/until.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { type Browser, joinAs, signInByLink } from '#server/testing/people.ts';
import { type Received, startReceiver } from '#server/testing/receiver.ts';

const API = '/api/v1';
let http: TestServer;
let owner: Browser;
beforeAll(async () => {
  http = await startTestServer({ SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8' });
  owner = await signInByLink(http, () => http.program.services.identity.links.issueOwnerLink());
});
afterAll(() => http[Symbol.asyncDispose]());

const TARGET = { name: 'hook', kind: 'webhook', events: ['run.failed'] } as const;
let tries = 0;
/** Of this try: what an earlier one has made is still there. */
const named = (what: string) => `${what} ${++tries}`;

const make = async (given: object) =>
  (await http.call(`${API}/notification-targets`, { ...TARGET, ...given })).body;
const post = (path: string) => http.call(`${API}${path}`, {});
const isSignedBy = (secret: string, { headers, body }: Received): boolean => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const wanted = createHmac('sha256', key).update(signed).digest('base64');
  return String(headers['webhook-signature']).split(' ').includes(`v1,${wanted}`);
};

describe('a notification target', () => {
  test('is tested at once, and the answer says what came back but not what the receiver wrote', async () => {
    await using receiver = await startReceiver((response, number) =>
      response.writeHead(number === 1 ? 200 : 500).end('inner workings'),
    );
    const target = await make({ address: receiver.url });
    const good = await post(`/notification-targets/${target.id}/test`);
    expect(good.body).toMatchObject({ delivered: true, status: 200, error: null });
    expect(good.body.latency_ms).toBeGreaterThanOrEqual(0);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ type: 'test' });
    const bad = await post(`/notification-targets/${target.id}/test`);
    expect(bad.body).toMatchObject({ delivered: false, status: 500 });
    expect(JSON.stringify(bad.body)).not.toContain('inner workings');
    // Once and no more: it is not tried again.
    const { body } = await http.call(`${API}/notification-deliveries?target_id=${target.id}`);
    expect(body.deliveries.map(({ state }: { state: string }) => state)).toEqual(['given-up', 'delivered']);
  });

  test('shows its secret once; those before a rotation sign for their day, however often it is rotated within', async () => {
    await using receiver = await startReceiver();
    const target = await make({ address: receiver.url });
    const rotate = async () =>
      (await post(`/notification-targets/${target.id}/rotate-secret`)).body.secret as string;
    const test = () => post(`/notification-targets/${target.id}/test`);
    const secrets = [target.secret as string, await rotate()];
    await test();
    secrets.push(await rotate());
    await test();
    await http.program.database.sql.unsafe(
      `UPDATE notification_signing SET previous_until = now() - interval '1 second' WHERE scope = '${toUuid(target.id)}'`,
    );
    await test();
    secrets.push(await rotate());
    await test();
    const verdicts = receiver.received.map((got) => secrets.map((secret) => isSignedBy(secret, got)));
    expect(verdicts).toEqual([
      [true, true, false, false],
      [true, true, true, false],
      [false, false, true, false],
      [false, false, true, true],
    ]);
    for (let count = 2; count < 5; count++) await rotate();
    expect((await post(`/notification-targets/${target.id}/rotate-secret`)).status).toBe(409);
    const lists = [`${API}/notification-targets`, `${API}/secrets`, `${API}/audit`];
    for (const path of lists) {
      const text = JSON.stringify((await http.call(path)).body);
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
    expect(JSON.stringify((await http.call(`${API}/secrets`)).body)).not.toContain('notification/');
  });

  test('has a secret that nobody can put in place or delete by name', async () => {
    const target = await make({ address: 'https://hooks.example.com/' });
    const path = `${API}/secrets/${encodeURIComponent(`notification/${toUuid(target.id)}/1`)}`;
    const put = await http.call(path, { value: 'whsec_mine' }, { method: 'PUT' });
    expect(put.status).toBe(400);
    expect((await http.call(path, undefined, { method: 'DELETE' })).status).toBe(400);
  });

  test.each([
    ['a webhook that is no URL', { address: 'hooks.example.com' }],
    ['a webhook of another scheme', { address: 'file:///etc/passwd' }],
    ['a mail address that is two', { kind: 'email', address: 'a@example.org, b@example.org' }],
    ['a mail address with a line break', { kind: 'email', address: 'a@example.org\r\nBcc: b@example.org' }],
    ['an event that there is none of', { address: 'https://example.com/', events: ['run.finished'] }],
    ['nothing to listen to', { address: 'https://example.com/', events: [] }],
  ])('is refused: %s', async (_what, given) => {
    const answer = await http.call(`${API}/notification-targets`, { ...TARGET, ...given });
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID' } });
  });

  test('of one pipeline cannot listen to agents and sign-ins, which belong to none', async () => {
    const { body: pipeline } = await http.call(`${API}/pipelines`, {
      ...{ name: named('of its own'), stages: [{ name: 'only', type: 'echo' }] },
    });
    const given = { ...TARGET, address: 'https://example.com/', pipeline_id: pipeline.id };
    for (const event of ['agent.lost', 'sign-in.needed']) {
      const refused = await http.call(`${API}/notification-targets`, { ...given, events: [event] });
      expect(refused.status).toBe(400);
    }
    const { body: target } = await http.call(`${API}/notification-targets`, given);
    const change = { events: ['agent.lost'] };
    const path = `${API}/notification-targets/${target.id}`;
    expect((await http.call(path, change, { method: 'PATCH' })).status).toBe(400);
    const freed = { ...change, pipeline_id: null };
    expect((await http.call(path, freed, { method: 'PATCH' })).body).toMatchObject(freed);
  });

  test('that was deleted gets nothing more, and what was still to be sent says so', async () => {
    await using receiver = await startReceiver((response) => response.writeHead(500).end());
    const target = await make({ address: receiver.url });
    const { body: pipeline } = await http.call(`${API}/pipelines`, {
      ...{ name: named('failing'), stages: [{ name: 'only', type: 'fail' }] },
    });
    const { body: run } = await http.call(`${API}/pipelines/${pipeline.id}/execute`, {});
    const ofRun = async () =>
      (await http.call(`${API}/notification-deliveries?run_id=${run.id}&target_id=${target.id}`)).body
        .deliveries[0];
    await until('the first try to fail', async () => (await ofRun())?.last_status === 500);
    await http.call(`${API}/notification-targets/${target.id}`, undefined, { method: 'DELETE' });
    await http.program.database
      .sql`UPDATE notification_deliveries SET next_at = now() WHERE state = 'waiting'`;
    await until('the delivery to be given up', async () => (await ofRun()).state === 'given-up');
    expect((await ofRun()).last_error).toBe('Not sent: its target was deleted.');
    expect((await post(`/notification-deliveries/${(await ofRun()).id}/redeliver`)).status).toBe(409);
    const { sql } = http.program.database;
    const left = await sql`SELECT name FROM secrets WHERE name LIKE ${`notification/${toUuid(target.id)}/%`}`;
    expect(left).toEqual([]);
  });

  test('can be sent again what was given up: the same message under the same id', async () => {
    let answer = 404;
    await using receiver = await startReceiver((response) => response.writeHead(answer).end());
    const target = await make({ address: receiver.url });
    const { body: tried } = await post(`/notification-targets/${target.id}/test`);
    answer = 200;
    const again = await post(`/notification-deliveries/${tried.delivery_id}/redeliver`);
    expect(again).toMatchObject({ status: 200, body: { state: 'waiting', attempts: 1 } });
    const list = async () =>
      (await http.call(`${API}/notification-deliveries?target_id=${target.id}&state=delivered`)).body;
    await until('it to arrive', async () => (await list()).deliveries.length === 1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toHaveLength(1);
    expect(new Set(receiver.received.map(({ body }) => body))).toHaveLength(1);
    const { body } = await http.call(`${API}/audit?target=${tried.delivery_id}`);
    expect(body.entries.map(({ action }: { action: string }) => action)).toEqual([
      'notification.redelivered',
    ]);
  });

  test('pages of deliveries neither skip nor repeat', async () => {
    const target = await make({ address: 'http://127.0.0.1:9/' });
    for (let n = 0; n < 5; n += 1) await post(`/notification-targets/${target.id}/test`);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const query = `target_id=${target.id}&limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { body } = await http.call(`${API}/notification-deliveries?${query}`);
      seen.push(...body.deliveries.map(({ id }: { id: string }) => id));
      if (body.next_cursor === null) break;
      cursor = body.next_cursor;
    }
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
  });
});

describe('who may', () => {
  test('see deliveries: an operator, without what follows the host of a webhook; manage them: not', async () => {
    const target = await make({ address: 'https://hooks.example.com/T0/secret-part?token=x' });
    const operator = await joinAs(http, owner, 'operator');
    const list = await operator.ask(`${API}/notification-targets`);
    expect(list.status).toBe(200);
    const shown = list.body.targets.find(({ id }: { id: string }) => id === target.id);
    expect(shown.address).toBe('https://hooks.example.com/…');
    expect((await operator.ask(`${API}/notification-deliveries`)).status).toBe(200);
    const path = `${API}/notification-targets/${target.id}`;
    const refused = [
      operator.ask(`${API}/notification-targets`, { body: { ...TARGET, address: 'https://example.com/' } }),
      operator.ask(path, { method: 'PATCH', body: { active: false } }),
      operator.ask(path, { method: 'DELETE' }),
      operator.ask(`${path}/rotate-secret`, { body: {} }),
      operator.ask(`${path}/test`, { body: {} }),
      operator.ask(`${API}/notification-secret/rotate`, { body: {} }),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual(refused.map(() => 403));
    const audit = await http.call(`${API}/audit?target=${target.id}`);
    expect(JSON.stringify(audit.body)).not.toContain('secret-part');
  });

  test('hear of nothing: viewers', async () => {
    const viewer = await joinAs(http, owner, 'viewer');
    expect((await viewer.ask(`${API}/notification-targets`)).status).toBe(403);
    expect((await viewer.ask(`${API}/notification-deliveries`)).status).toBe(403);
  });

  test('reach a target, a secret or a delivery of another tenant: nobody', async () => {
    const { services, database, actor } = http.program;
    const orgId = makeId('org', services.newUuid());
    await database.sql`INSERT INTO orgs (id, name) VALUES (${toUuid(orgId)}::text::uuid, 'other')`;
    const other: Actor = { ...actor, orgId };
    await using receiver = await startReceiver();
    const ours = await make({ address: receiver.url });
    const { body: tried } = await post(`/notification-targets/${ours.id}/test`);
    const { id } = ours;
    const notFound = { code: 'NOT_FOUND' };
    await expect(updateTarget(services, other, { id, active: false })).rejects.toMatchObject(notFound);
    await expect(deleteTarget(services, other, { id })).rejects.toMatchObject(notFound);
    await expect(testTarget(services, other, { id })).rejects.toMatchObject(notFound);
    await expect(rotateSecret(services, other, { id })).rejects.toMatchObject(notFound);
    await expect(redeliver(services, other, { id: tried.delivery_id })).rejects.toMatchObject(notFound);
    expect((await listTargets(services, other, {})).items).toEqual([]);
    expect((await listDeliveries(services, other, { targetId: id })).items).toEqual([]);
    // Theirs hears nothing of our runs.
    await createTarget(services, other, {
      ...{ ...TARGET, name: 'theirs', events: ['run.failed', 'run.succeeded'] },
      address: receiver.url,
    });
    const before = receiver.received.length;
    const { body: pipeline } = await http.call(`${API}/pipelines`, {
      ...{ name: named('ours alone'), stages: [{ name: 'only', type: 'fail' }] },
    });
    await http.call(`${API}/pipelines/${pipeline.id}/execute`, {});
    await until('ours to be told', async () => receiver.received.length > before);
    expect((await listDeliveries(services, other, {})).items).toEqual([]);
  });
});
