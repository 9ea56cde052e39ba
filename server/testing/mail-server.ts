import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { MailServer } from '#server/notifications/mail.ts';

export interface TakenMail {
  from: string;
  to: string[];
  /** As it came: headers and body. */
  text: string;
}

export interface TestMailServer extends AsyncDisposable {
  server: MailServer;
  mails: TakenMail[];
}

/** A real mail server that keeps what it takes. `refuse` may name a status for a receiver. */
export async function startMailServer(
  refuse: (receiver: string) => number | undefined = () => undefined,
): Promise<TestMailServer> {
  const mails: TakenMail[] = [];
  const smtp = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS'], logger: false },
    onRcptTo({ address }, _session, callback) {
      const responseCode = refuse(address);
      callback(responseCode === undefined ? null : Object.assign(new Error('no'), { responseCode }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString('utf8'),
        });
        callback();
      });
    },
  });
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const { port } = smtp.server.address() as AddressInfo;
  return {
    server: { url: `smtp://127.0.0.1:${port}`, from: 'Signalbox <signalbox@example.org>' },
    mails,
    [Symbol.asyncDispose]: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
}
