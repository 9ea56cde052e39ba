// @ts-check
import { SignalboxError } from '../../sdk/typescript/index.mjs';
import { aboutKey, findServer } from '../connect.mjs';
import { EXIT } from '../usage.mjs';

/** @import { Client } from '../../sdk/typescript/index.mjs' */
/** @import { Command } from '../usage.mjs' */
/** @typedef {{ what: string, ok: boolean, note: string }} Check */

/** @param {string} url @returns {Promise<Check[]>} */
async function checkServer(url) {
  if (!URL.canParse(url))
    return [
      { what: 'server', ok: false, note: `"${url}" is no address: give one such as http://127.0.0.1:3000` },
    ];
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
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return [{ what: 'server', ok: false, note: `${url} does not answer (${why}). Start it: npm start` }];
  }
}

/** @param {Client} client @returns {Promise<Check>} */
async function checkAgents(client) {
  const agents = await client.agents.list();
  const active = agents.filter(({ status }) => status === 'active');
  const note =
    active.length > 0
      ? `${active.length} of ${agents.length} are active`
      : 'none is active: tasks wait. Start one: docs/sdk-typescript.md, docs/sdk-python.md';
  return { what: 'agents', ok: active.length > 0, note };
}

/** An answer that says no is one of a key that is taken. @param {() => Client} client @param {Record<string, any>} options @returns {Promise<Check[]>} */
async function checkAccess(client, options) {
  try {
    const agents = await checkAgents(client());
    return [{ what: 'access', ok: true, note: 'the token is taken' }, agents];
  } catch (given) {
    const error = aboutKey(given, options);
    const isTaken = error instanceof SignalboxError && error.code === 'FORBIDDEN';
    const advice = error instanceof SignalboxError ? error.advice : undefined;
    const why = error instanceof Error ? error.message : String(error);
    const note = isTaken
      ? `the token is taken; agents cannot be looked at: ${why}`
      : `${why} ${advice ?? ''}`;
    return [{ what: 'access', ok: isTaken, note: note.trim() }];
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
    const access = tokenFrom && server[0]?.ok ? await checkAccess(client, options) : [];
    const checks = [token, ...server, ...access];
    if (out.isJson) out.json(checks);
    else for (const { what, ok, note } of checks) out.line(`${ok ? '✔' : '✖'} ${what}: ${note}`);
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  },
};
