// @ts-check
import { readFileSync } from 'node:fs';
import { connect, findServer } from '../connect.mjs';

/** @import { Command } from '../usage.mjs' */

/** Whoever asks which version this is wants to hear it now, whether or not a server answers. */
const PATIENCE = { timeoutMs: 3000, retryForMs: 0 };

/** @returns {string} */
const ownVersion = () =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

/** @param {Record<string, any>} options @returns {Promise<{ url: string, version: string | null, why?: string }>} */
async function askServer(options) {
  const { url } = findServer(options);
  try {
    const { version } = await connect(options, PATIENCE).request('GET', '/settings');
    // Servers that are older than this question do not answer it.
    return typeof version === 'string' ? { url, version } : { url, version: null, why: 'It does not say.' };
  } catch (error) {
    return { url, version: null, why: error instanceof Error ? error.message : String(error) };
  }
}

/** @type {Command} */
export const version = {
  about: 'say which version this is, and which one the server is',
  async run({ options, out }) {
    const own = ownVersion();
    const server = await askServer(options);
    if (out.isJson) return out.json({ version: own, server });
    out.line(`signalbox ${own}`);
    const said = server.version
      ? `${server.version} at ${server.url}`
      : `unknown at ${server.url}: ${server.why}`;
    out.line(`server ${said}`);
  },
};
