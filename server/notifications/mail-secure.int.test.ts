import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '#server/testing/certificate.ts';
import { createTestDatabase, type TestDatabase } from '#server/testing/database.ts';
import { until } from '#server/testing/faults/until.ts';
import { startMailServer, type TestMailServer } from '#server/testing/mail-server.ts';
import { giveDelivery, readDelivery, startDispatcher } from '#server/testing/notification-rig.ts';

const LOGIN = { user: 'signalbox@example.org', password: 'p@ss/w0rd %' };
const TRUSTED = makeCertificate(Date.now());
const UNKNOWN = makeCertificate(Date.now());

let database: TestDatabase;
const before = getCACertificates('default');
beforeAll(async () => {
  database = await createTestDatabase();
  // What NODE_EXTRA_CA_CERTS does when a program starts.
  setDefaultCACertificates([...before, TRUSTED.cert]);
});
afterAll(async () => {
  setDefaultCACertificates(before);
  await database[Symbol.asyncDispose]();
});

interface Asked {
  scheme?: 'smtp' | 'smtps';
  login?: typeof LOGIN | undefined;
  more?: string;
}

/** Sends one, as if SIGNALBOX_SMTP_URL were that, and says what came of it. */
async function send(mail: TestMailServer, asked: Asked) {
  const row = await sendTo(mail, asked);
  // What was put off falls due five seconds later: on a slow machine, in the midst of what is sent next to another server.
  await database.sql`DELETE FROM notification_deliveries`;
  return row;
}

async function sendTo(mail: TestMailServer, { scheme = 'smtp', login, more = '' }: Asked) {
  const who = login ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@` : '';
  // By number: for a name, also for that of this machine, a server of names would be asked.
  const mailServer = { url: `${scheme}://${who}127.0.0.1:${mail.port}${more}`, from: mail.server.from };
  await using _dispatcher = startDispatcher({ ...database, mailServer });
  const id = await giveDelivery(database.sql, {
    ...{ kind: 'email', listener: 'run email', address: 'ada@example.org' },
  });
  return await until('the mail to be settled', async () => {
    const row = await readDelivery(database.sql, id);
    return row.attempts > 0 && (row.state === 'delivered' || row.error !== null) ? row : null;
  });
}

describe('a mail server', () => {
  test.each([
    ['smtps', 'at once'],
    ['smtp', 'starttls'],
  ] as const)('that wants a login gets it over TLS, by %s', async (scheme, begin) => {
    await using mail = await startMailServer({ tls: { ...TRUSTED, begin }, login: LOGIN });
    expect(await send(mail, { scheme, login: LOGIN })).toMatchObject({ state: 'delivered' });
    expect(mail.mails).toMatchObject([{ user: LOGIN.user, isEncrypted: true, to: ['ada@example.org'] }]);
  });

  test('that does not take the login is tried again later, and nobody is told the password', async () => {
    await using mail = await startMailServer({ tls: { ...TRUSTED, begin: 'at once' }, login: LOGIN });
    const row = await send(mail, { scheme: 'smtps', login: { ...LOGIN, password: 'mistyped' } });
    expect(row).toMatchObject({ state: 'waiting', status: 535, error: 'The mail server answered 535.' });
    expect(mail.mails).toEqual([]);
  });

  test.each([
    ['smtps', 'at once'],
    ['smtp', 'starttls'],
  ] as const)(
    'with a certificate of nobody whom we trust gets no login and no mail, by %s',
    async (scheme, begin) => {
      await using mail = await startMailServer({ tls: { ...UNKNOWN, begin }, login: LOGIN });
      const row = await send(mail, { scheme, login: LOGIN });
      expect(row).toMatchObject({ state: 'waiting', error: expect.stringContaining('could not be used') });
      expect([mail.mails, mail.shown]).toEqual([[], []]);
    },
  );

  test('that offers no TLS is shown no password, unless the address says so', async () => {
    await using mail = await startMailServer({ login: LOGIN });
    const row = await send(mail, { login: LOGIN });
    expect(row).toMatchObject({ state: 'waiting', error: expect.stringContaining('offers no TLS') });
    expect(mail.shown).toEqual([]);
    expect(await send(mail, { login: LOGIN, more: '?requireTLS=false' })).toMatchObject({
      state: 'delivered',
    });
    expect(mail.mails).toMatchObject([{ user: LOGIN.user, isEncrypted: false }]);
  });

  test('without a login is used with TLS where it offers that, and without where it does not', async () => {
    await using open = await startMailServer();
    expect(await send(open, {})).toMatchObject({ state: 'delivered' });
    await using encrypted = await startMailServer({ tls: { ...TRUSTED, begin: 'starttls' } });
    expect(await send(encrypted, {})).toMatchObject({ state: 'delivered' });
    expect([...open.mails, ...encrypted.mails].map(({ isEncrypted }) => isEncrypted)).toEqual([false, true]);
  });
});
