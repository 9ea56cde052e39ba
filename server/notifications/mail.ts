import { createTransport } from 'nodemailer';
import type { ClaimedDelivery } from '#db/queries/notification-deliveries.ts';
import { fromUuid } from '#server/domain/ids.ts';
import type { NotificationBody } from '#server/domain/notifications.ts';
import { writeMail } from './mail-text.ts';
import type { Outcome } from './outcome.ts';

export interface MailServer {
  /** `smtp://user:password@host:587`, or `smtps` for TLS from the first byte. */
  url: string;
  from: string;
}

export interface UnsentMail {
  to: string;
  subject: string;
  text: string;
}

export interface MailOptions {
  /** Undefined: none is configured. */
  server: MailServer | undefined;
  timeoutMs: number;
  /** Told of what would have been sent if there were a server. */
  onUnsent(mail: UnsentMail): void;
}

export type SendMail = (delivery: Pick<ClaimedDelivery, 'id' | 'address' | 'body'>) => Promise<Outcome>;

export const NO_MAIL_SERVER = 'Not sent: no mail server is configured (SIGNALBOX_SMTP_URL).';

/**
 * A connection for each mail: they are few, and none is left open. Files and URLs are never read into a mail, whatever
 * stands in it.
 */
export function createMailSender({ server, timeoutMs, onUnsent }: MailOptions): SendMail {
  const transport =
    server &&
    createTransport({
      url: server.url,
      ...{
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        dnsTimeout: timeoutMs,
      },
      ...{ disableFileAccess: true, disableUrlAccess: true },
      // Who stands in between could otherwise hide that the server offers TLS, and read the password.
      requireTLS: hasLogin(server.url),
    });

  return async ({ id, address, body }) => {
    const mail = writeMail(JSON.parse(body) as NotificationBody);
    if (!transport) {
      onUnsent({ to: address, subject: mail.subject, text: mail.text });
      return { error: NO_MAIL_SERVER, status: null, isFinal: true };
    }
    const name = fromUuid('delivery', id);
    try {
      await transport.sendMail({
        // As an address and not as a list of them: a comma in it adds nobody.
        to: { name: '', address },
        from: server.from,
        ...mail,
        // The same at each try, so that a mail that comes twice can be known.
        messageId: `<${name}@${hostOf(server.from)}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { error: null, status: null };
    } catch (error) {
      return toOutcome(error as { code?: string; responseCode?: number });
    }
  };
}

const NO_TLS =
  'The mail server offers no TLS, and a password does not travel without it (SIGNALBOX_SMTP_URL).';

const hasLogin = (url: string): boolean => new URL(url).password !== '';

const hostOf = (from: string): string => /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? 'signalbox';

/** A server's refusal for good (5xx) is final. Its text may hold anything, so its number is all that is told. */
function toOutcome({ code, responseCode }: { code?: string; responseCode?: number }): Outcome {
  // Somebody may mend the server, or stop standing in between.
  if (code === 'ETLS') return { error: NO_TLS, status: null, isFinal: false };
  if (responseCode === undefined) {
    return {
      error: `The mail server could not be used (${code ?? 'unknown'}).`,
      status: null,
      isFinal: false,
    };
  }
  const isFinal = responseCode >= 500 && code !== 'EAUTH';
  return { error: `The mail server answered ${responseCode}.`, status: responseCode, isFinal };
}
