// @ts-check
import { createClient, SignalboxError } from '../../sdk/typescript/index.mjs';
import { findServer, isLoopback, originOf } from '../connect.mjs';
import { loginsFile, readLogins, writeLogins } from '../logins.mjs';
import { askSecret } from '../prompt.mjs';
import { UsageError } from '../usage.mjs';

/** @import { Command } from '../usage.mjs' */

/** Who the server takes the key for. @param {string} url @param {string} token */
async function whoIs(url, token) {
  try {
    return await createClient({ url, token, retryForMs: 0 }).request('GET', '/me');
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.status !== 401) throw error;
    throw new UsageError(
      `${url} does not take this key.`,
      'It may be mistyped, revoked or over. Who may make keys makes one: signalbox keys create',
    );
  }
}

/** @type {Command} */
export const login = {
  about:
    'keep a key for a server, in a file that only you can read; the key is asked for, or read from a pipe',
  async run({ options, out }) {
    const url = originOf(findServer(options).url);
    if (!isLoopback(url) && url.startsWith('http:'))
      process.stderr.write(`${url} is not https: whoever is on the way can read your key.\n`);
    const token = options.token ?? (await askSecret(`Key for ${url} (it is not shown): `));
    if (!token) throw new UsageError('There is no key.', 'Type or paste it, or pipe it in: … < key.txt');
    const { kind, name, role } = await whoIs(url, token);
    const file = loginsFile();
    const logins = readLogins(file);
    writeLogins(file, { current: url, servers: { ...logins.servers, [url]: { token } } });
    if (out.isJson) out.json({ url, kind, name, role, file });
    else out.line(`You are ${name} (${role ?? kind}) at ${url}. The key is in ${file}.`);
  },
};

/** @type {Command} */
export const logout = {
  about: "forget a server's key: the one that you use, or --url",
  async run({ options, out }) {
    const file = loginsFile();
    const { current, servers } = readLogins(file);
    const url = originOf(options.url || process.env.SIGNALBOX_URL || current || '');
    if (!Object.hasOwn(servers, url)) {
      const known = Object.keys(servers).join(', ');
      throw new UsageError(
        url ? `There is no login for ${url}.` : 'You are logged in nowhere.',
        known ? `There is one for ${known}: signalbox logout --url …` : undefined,
      );
    }
    const { [url]: _, ...rest } = servers;
    writeLogins(file, { current: current === url ? null : current, servers: rest });
    if (out.isJson) out.json({ url });
    else out.line(`The key for ${url} is forgotten here. To end it for good: signalbox keys revoke`);
  },
};
