import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NotificationBody } from '#server/domain/notifications.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { until } from '#server/testing/faults/until.ts';
import { startMailServer } from '#server/testing/mail-server.ts';
import { giveDelivery, makeDue, readDelivery, startDispatcher } from '#server/testing/notification-rig.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const bodyWith = (data: NotificationBody['data']): NotificationBody => ({
  type: 'run.failed',
  timestamp: '2026-01-02T03:04:05.000Z',
  data: { run_id: 'run_1', url: 'https://signalbox.example.org/runs/run_1', ...data },
});
const mailTo = (address: string, data: NotificationBody['data'] = {}) =>
  giveDelivery(database.sql, { kind: 'email', listener: 'run email', address, body: bodyWith(data) });
const over = (id: string) =>
  until(`the mail ${id} to be settled`, async () => {
    const row = await readDelivery(database.sql, id);
    return row.attempts > 0 && (row.state === 'delivered' || row.error !== null) ? row : null;
  });

/** Headers unfolded, and the parts as they are read. */
function read(text: string): { headers: string[]; body: string } {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const body = rest
    .join('\n\n')
    .replace(/=\r\n/g, '')
    .replace(/(=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString('utf8'));
  return { headers: head.replace(/\r\n[ \t]+/g, ' ').split('\r\n'), body };
}

describe('a mail', () => {
  test('says what happened in text and in HTML, with a link to the run', async () => {
    await using mail = await startMailServer();
    await using _dispatcher = startDispatcher({ ...database, mailServer: mail.server });
    const id = await mailTo('ada@example.org', {
      pipeline_name: 'daily temperatures',
      error: { code: 'BAD_ROWS', message: 'the file has no rows' },
    });
    expect(await over(id)).toMatchObject({ state: 'delivered', attempts: 1 });
    const [got] = mail.mails;
    expect(got).toMatchObject({ from: 'signalbox@example.org', to: ['ada@example.org'] });
    const { headers, body } = read(got?.text ?? '');
    expect(headers).toContain('Subject: [Signalbox] Run failed: daily temperatures');
    expect(headers).toContain(`Message-ID: <ndl_${id}@example.org>`);
    expect(headers).toContain('Auto-Submitted: auto-generated');
    expect(body).toContain('Error: BAD_ROWS: the file has no rows');
    expect(body).toContain('https://signalbox.example.org/runs/run_1');
    expect(body).toContain('<a href="https://signalbox.example.org/runs/run_1">');
  });

  test.each([
    ['a pipeline’s name', { pipeline_name: 'x\r\nBcc: eve@example.org\r\n\r\nhello' }],
    ['other line breaks', { pipeline_name: 'x\u2028Bcc: eve@example.org\u0085Bcc: eve@example.org\u0000' }],
    ['a name with nothing but headers', { pipeline_name: '\nBcc: eve@example.org' }],
  ])('gets no header and no receiver from %s', async (_what, data) => {
    await using mail = await startMailServer();
    await using _dispatcher = startDispatcher({ ...database, mailServer: mail.server });
    expect(await over(await mailTo('ada@example.org', data))).toMatchObject({ state: 'delivered' });
    expect(mail.mails[0]?.to).toEqual(['ada@example.org']);
    const { headers } = read(mail.mails[0]?.text ?? '');
    expect(headers.filter((line) => /^bcc/i.test(line))).toEqual([]);
  });

  test.each([['ada@example.org, eve@example.org'], ['ada@example.org\r\nRCPT TO:<eve@example.org>']])(
    'to %j reaches nobody but the first, if anybody',
    async (address) => {
      await using mail = await startMailServer();
      await using _dispatcher = startDispatcher({ ...database, mailServer: mail.server });
      await over(await mailTo(address));
      expect(mail.mails.flatMap(({ to }) => to)).not.toContain('eve@example.org');
    },
  );

  test('shows markup of strangers as text', async () => {
    await using mail = await startMailServer();
    await using _dispatcher = startDispatcher({ ...database, mailServer: mail.server });
    const hostile = `<img src=x onerror="alert(1)">'&`;
    await over(await mailTo('ada@example.org', { pipeline_name: hostile }));
    const { body } = read(mail.mails[0]?.text ?? '');
    const html = body.slice(body.indexOf('<!doctype html>'));
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;');
    expect(html).not.toContain('<img');
  });

  test('that the server refuses for good is given up, and one that it cannot take now is sent later', async () => {
    let busy = true;
    await using mail = await startMailServer({
      refuse: (receiver) => (receiver.startsWith('nobody') ? 550 : busy ? 451 : undefined),
    });
    await using _dispatcher = startDispatcher({ ...database, mailServer: mail.server });
    const refused = await mailTo('nobody@example.org');
    expect(await over(refused)).toMatchObject({
      ...{ state: 'given-up', status: 550 },
      error: 'The mail server answered 550.',
    });
    const later = await mailTo('ada@example.org');
    expect(await over(later)).toMatchObject({ state: 'waiting', status: 451 });
    busy = false;
    await makeDue(database.sql, later);
    await until('the mail to be sent', async () => mail.mails.length === 1);
  });

  test('waits for a mail server that is away', async () => {
    const mailServer = { url: 'smtp://127.0.0.1:9', from: 'signalbox@example.org' };
    await using _dispatcher = startDispatcher({ ...database, mailServer });
    const row = await over(await mailTo('ada@example.org'));
    expect(row).toMatchObject({ state: 'waiting', error: 'The mail server could not be used (ESOCKET).' });
  });

  test('that a server takes for ever about does not keep the program from ending', async () => {
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const mailServer = { url: `smtp://127.0.0.1:${port}`, from: 'signalbox@example.org' };
    const dispatcher = startDispatcher({ ...database, mailServer, timeoutMs: 3_600_000 });
    const id = await mailTo('ada@example.org');
    await once(silent, 'connection');
    await dispatcher[Symbol.asyncDispose]();
    silent.close();
    // Whether it went out nobody knows: another sends it when the lease ends.
    expect(await readDelivery(database.sql, id)).toMatchObject({ state: 'waiting', attempts: 1 });
  });

  test('says in its delivery that there is no mail server, where none is configured', async () => {
    await using _dispatcher = startDispatcher(database);
    const row = await over(await mailTo('ada@example.org'));
    expect(row).toMatchObject({ state: 'given-up' });
    expect(row.error).toBe('Not sent: no mail server is configured (SIGNALBOX_SMTP_URL).');
  });
});
