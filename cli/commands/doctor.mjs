// @ts-check
import { SignalboxError } from '../../sdk/typescript/index.mjs';
import { aboutKey, connect, findServer } from '../connect.mjs';
import { EXIT } from '../usage.mjs';

/** @import { Client } from '../../sdk/typescript/index.mjs' */
/** @import { Command } from '../usage.mjs' */
/** @typedef {{ what: string, ok: boolean, note: string }} Check */

/** @param {string} url @returns {Promise<(Check & { hasAnswered: boolean })[]>} */
async function checkServer(url) {
  if (!URL.canParse(url))
    return [
      {
        what: 'server',
        ok: false,
        note: `"${url}" is no address: give one such as http://127.0.0.1:3000`,
        hasAnswered: false,
      },
    ];
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/readyz`, {
      signal: AbortSignal.timeout(10_000),
    });
    const { status } = await response.json();
    return [{ what: 'server', ok: response.ok, note: `${url} is ${status}`, hasAnswered: true }];
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    const note = `${url} does not answer (${why}). Start it: npm start`;
    return [{ what: 'server', ok: false, note, hasAnswered: false }];
  }
}

const PARTS = {
  database: 'database',
  broker: 'broker',
  hot_state: 'hot state',
  object_store: 'object store',
};

/** @param {{ ok: boolean, note: string | null, latency_ms: number | null }} part */
function describePart({ ok, note, latency_ms: ms }) {
  if (ok) return ms === null ? 'answers' : `answers in ${Math.round(ms)} ms`;
  return note ?? 'does not answer; the log of the server says why, and so does this to whoever runs it';
}

/**
 * Which part is down is for those who have signed in. Without an answer there is nothing to say: the check of the key
 * tells why. @param {Client} client @returns {Promise<Check[]>}
 */
async function checkParts(client) {
  const { parts } = await client.request('GET', '/health').catch(() => ({ parts: {} }));
  return Object.entries(PARTS).flatMap(([key, what]) => {
    const part = parts[key];
    return part ? [{ what, ok: part.ok, note: describePart(part) }] : [];
  });
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
    // One that is not ready answers too: it is then that the parts are wanted.
    const hasAnswered = server.every(({ hasAnswered: has }) => has);
    const parts = tokenFrom && hasAnswered ? await checkParts(connect(options, { retryForMs: 0 })) : [];
    const access = tokenFrom && server.every(({ ok }) => ok) ? await checkAccess(client, options) : [];
    const checks = [token, ...server.map(({ hasAnswered: _, ...check }) => check), ...parts, ...access];
    if (out.isJson) out.json(checks);
    else for (const { what, ok, note } of checks) out.line(`${ok ? '✔' : '✖'} ${what}: ${note}`);
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  },
};
