import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { MailServer } from '#server/notifications/mail.ts';
import type { Certificate } from './certificate.ts';

export interface TakenMail {
  from: string;
  to: string[];
  /** As it came: headers and body. */
  text: string;
  /** Who had logged in, and whether the line was encrypted. */
  user: string | undefined;
  isEncrypted: boolean;
}

export interface MailServerOptions {
  /** A status for a receiver that it does not take. */
  refuse?(receiver: string): number | undefined;
  /** Left out: it cannot encrypt. `starttls` begins in clear. */
  tls?: Certificate & { begin: 'at once' | 'starttls' };
  /** Left out: everybody may send. */
  login?: { user: string; password: string };
}

export interface TestMailServer extends AsyncDisposable {
  server: MailServer;
  port: number;
  mails: TakenMail[];
  /** Every password that anybody has shown it. */
  shown: string[];
}

/** A real mail server that keeps what it takes. */
export async function startMailServer({
  refuse = () => undefined,
  tls,
  login,
}: MailServerOptions = {}): Promise<TestMailServer> {
  const mails: TakenMail[] = [];
  const shown: string[] = [];
  const smtp = new SMTPServer({
    ...{ logger: false, authOptional: login === undefined, allowInsecureAuth: true },
    ...(tls
      ? { key: tls.key, cert: tls.cert, secure: tls.begin === 'at once' }
      : { disabledCommands: ['STARTTLS'] }),
    onAuth({ username, password }, _session, callback) {
      shown.push(password ?? '');
      if (username === login?.user && password === login?.password) callback(null, { user: username });
      else callback(new Error('Invalid username or password'));
    },
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
          user: session.user,
          isEncrypted: session.secure,
        });
        callback();
      });
    },
  });
  // Whoever does not trust its certificate hangs up.
  smtp.on('error', () => undefined);
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const { port } = smtp.server.address() as AddressInfo;
  return {
    server: { url: `smtp://127.0.0.1:${port}`, from: 'Signalbox <signalbox@example.org>' },
    port,
    mails,
    shown,
    [Symbol.asyncDispose]: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
}
