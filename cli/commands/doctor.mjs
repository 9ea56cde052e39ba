// @ts-check
import { SignalboxError } from '../../sdk/typescript/index.mjs';
import { findServer } from '../connect.mjs';
import { EXIT } from '../usage.mjs';

/** @import { Command } from '../usage.mjs' */
/** @typedef {{ what: string, ok: boolean, note: string }} Check */

/** @param {string} url @returns {Promise<Check[]>} */
async function checkServer(url) {
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/readyz`, {
      signal: AbortSignal.timeout(10_000),
    });
    const { status, parts = {} } = await response.json();
    const of = Object.entries(/** @type {Record<string, { ok: boolean, note: string }>} */ (parts));
    return [
      { what: 'server', ok: response.ok, note: `${url} is ${status}` },
      ...of.map(([what, { ok, note }]) => ({ what, ok, note })),
    ];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ what: 'server', ok: false, note: `${url} does not answer (${why}). Start it: npm start` }];
  }
}

/** @param {() => import('../../sdk/typescript/index.mjs').Client} client @returns {Promise<Check[]>} */
async function checkAccess(client) {
  try {
    const agents = await client().agents.list();
    const active = agents.filter(({ status }) => status === 'active');
    const note =
      active.length > 0
        ? `${active.length} of ${agents.length} are active`
        : 'none is active: tasks wait. Start one: docs/sdk-typescript.md, docs/sdk-python.md';
    return [
      { what: 'access', ok: true, note: 'the token is taken' },
      { what: 'agents', ok: active.length > 0, note },
    ];
  } catch (error) {
    const advice = error instanceof SignalboxError ? error.advice : undefined;
    const why = error instanceof Error ? error.message : String(error);
    return [{ what: 'access', ok: false, note: `${why} ${advice ?? ''}`.trim() }];
  }
}

/** @type {Command} */
export const doctor = {
  about: 'check that the server can be reached and what is missing',
  async run({ client, options, out }) {
    const { url, tokenFrom } = findServer(options);
    /** @type {Check} */
    const token = tokenFrom
      ? { what: 'token', ok: true, note: `from ${tokenFrom}` }
      : {
          what: 'token',
          ok: false,
          note: 'none: signalbox login, or SIGNALBOX_DATA_DIR on the server itself',
        };
    const server = await checkServer(url);
    const access = tokenFrom && server[0]?.ok ? await checkAccess(client) : [];
    const checks = [token, ...server, ...access];
    if (out.isJson) out.json(checks);
    else for (const { what, ok, note } of checks) out.line(`${ok ? '✔' : '✖'} ${what}: ${note}`);
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  },
};
