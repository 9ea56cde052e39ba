import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { startMailServer, type TestMailServer } from '#server/testing/mail-server.ts';
import { startReceiver } from '#server/testing/receiver.ts';

let http: TestServer;
let mail: TestMailServer;
beforeAll(async () => {
  mail = await startMailServer();
  http = await startTestServer({
    SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8',
    SIGNALBOX_SMTP_URL: mail.server.url,
    SIGNALBOX_MAIL_FROM: mail.server.from,
    SIGNALBOX_NOTIFY_WAIT_SECONDS: '1',
  });
});
afterAll(async () => {
  await http[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
});

let names = 0;
async function makePipeline(type: string): Promise<string> {
  const body = { name: `pipeline ${++names}`, stages: [{ name: 'only', type }] };
  return (await http.call('/api/v1/pipelines', body)).body.id;
}
async function start(pipeline: string, request: object = {}): Promise<string> {
  const answer = await http.call(`/api/v1/pipelines/${pipeline}/execute`, request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body.id;
}
const deliveriesOf = async (query: string) =>
  (await http.call(`/api/v1/notification-deliveries?${query}`)).body.deliveries;
const delivered = (query: string, count: number) =>
  until(`${count} deliveries of ${query}`, async () => {
    const all = await deliveriesOf(query);
    return all.length >= count && all.every(({ state }: { state: string }) => state === 'delivered')
      ? all
      : null;
  });
async function listen(address: string, events: string[], more: object = {}) {
  const target = { name: `target ${++names}`, kind: 'webhook', address, events, ...more };
  const answer = await http.call('/api/v1/notification-targets', target);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}
const outboxRows = async () =>
  (await http.program.database.sql`SELECT count(*)::int AS rows FROM notification_outbox`)[0]?.rows;

describe('what is told', () => {
  test('writes no row of a run that nobody listens to', async () => {
    const { sql } = http.program.database;
    const run = await start(await makePipeline('echo'));
    await until('the run to end', async () => {
      const { body } = await http.call(`/api/v1/runs/${run}`);
      return body.status === 'succeeded';
    });
    // Numbers are given out and never taken back: not one has been.
    const [row] = await sql`SELECT is_called FROM notification_outbox_id_seq`;
    expect(row).toEqual({ is_called: false });
    expect(await deliveriesOf(`run_id=${run}`)).toEqual([]);
  });

  test('a run’s end to the webhook and the mail address that it names itself, once each', async () => {
    await using receiver = await startReceiver();
    const run = await start(await makePipeline('echo'), {
      notification: { webhook: receiver.url, email: 'ada@example.org' },
    });
    const deliveries = await delivered(`run_id=${run}`, 2);
    expect(deliveries).toHaveLength(2);
    expect(receiver.received).toHaveLength(1);
    const body = JSON.parse(receiver.received[0]?.body ?? '');
    expect(body).toMatchObject({
      type: 'run.succeeded',
      data: { run_id: run, status: 'succeeded', error: null },
    });
    expect(mail.mails.filter(({ text }) => text.includes(run))).toHaveLength(1);
    expect(await outboxRows()).toBe(0);
  });

  test('a failure and its error to the targets that listen to failures, of this pipeline or of all', async () => {
    await using receiver = await startReceiver();
    const failing = await makePipeline('fail');
    const other = await makePipeline('fail');
    const ofAll = await listen(receiver.url, ['run.failed']);
    const ofThis = await listen(receiver.url, ['run.failed', 'run.succeeded'], { pipeline_id: failing });
    const ofOther = await listen(receiver.url, ['run.failed'], { pipeline_id: other });
    const ofGood = await listen(receiver.url, ['run.succeeded']);
    const off = await listen(receiver.url, ['run.failed']);
    await http.call(`/api/v1/notification-targets/${off.id}`, { active: false }, { method: 'PATCH' });
    const run = await start(failing);
    const deliveries = await delivered(`run_id=${run}`, 2);
    const told = deliveries.map(({ target_id }: { target_id: string }) => target_id);
    expect(told.sort()).toEqual([ofAll.id, ofThis.id].sort());
    const body = JSON.parse(receiver.received[0]?.body ?? '');
    expect(body.data).toMatchObject({ run_id: run, error: { code: expect.any(String) } });
    for (const { id } of [ofAll, ofThis, ofOther, ofGood, off]) {
      await http.call(`/api/v1/notification-targets/${id}`, undefined, { method: 'DELETE' });
    }
  });

  test('that a run waits for an agent that nobody runs, once, with what to do', async () => {
    await using receiver = await startReceiver();
    const target = await listen(receiver.url, ['run.waiting']);
    const run = await start(await makePipeline('nobody-can-do-this'));
    const [told] = await delivered(`run_id=${run}`, 1);
    expect(told).toMatchObject({ event: 'run.waiting', target_id: target.id });
    const { data } = JSON.parse(receiver.received[0]?.body ?? '');
    expect(data).toMatchObject({
      ...{ run_id: run, stage: 'only', code: 'no-agent' },
      reason: 'No agent is registered that offers nobody-can-do-this and fits the stage.',
    });
    // A look-out that finds it again tells nobody.
    const second = await start(await makePipeline('nobody-can-do-this'));
    await delivered(`run_id=${second}`, 1);
    expect(await deliveriesOf(`run_id=${run}`)).toHaveLength(1);
    await http.call(`/api/v1/notification-targets/${target.id}`, undefined, { method: 'DELETE' });
  });
});
