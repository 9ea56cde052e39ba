// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, SignalboxError } from '../sdk/typescript/index.mjs';
import { loginsFile, readLogins } from './logins.mjs';
import { UsageError } from './usage.mjs';

/** @typedef {{ url?: string | undefined, token?: string | undefined }} Given */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;
/** Somebody waits who would rather hear that the server is away. */
const RETRY_FOR_MS = 5000;

/** By the same rule as the server: relative to the checkout. */
export function findDataDir(env = process.env) {
  const given = env.SIGNALBOX_DATA_DIR?.trim() || '.signalbox';
  return isAbsolute(given) ? given : join(ROOT, given);
}

/** @param {string} file */
const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);

/** The server that works on this machine's data folder says in its lock where it listens. @param {string} dataDir */
function localUrl(dataDir) {
  try {
    const { port } = JSON.parse(readIfThere(join(dataDir, 'lock.json')) ?? '{}');
    if (Number.isInteger(port) && port > 0) return `http://127.0.0.1:${port}`;
  } catch {
    // It is being written.
  }
  return 'http://127.0.0.1:3000';
}

/** @param {string} url */
export const isLoopback = (url) => URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);

/** @param {string} url */
export const originOf = (url) => (URL.canParse(url) ? new URL(url).origin : url);

/**
 * Where to call and as whom. A login goes to the server that it was made for, and the data folder's secret, which opens
 * everything, to this machine only.
 * @param {Given} given
 */
export function findServer({ url: givenUrl, token: givenToken }, env = process.env) {
  const dataDir = findDataDir(env);
  const file = loginsFile(env);
  const logins = readLogins(file);
  // Whoever names a data folder means its server.
  const current = env.SIGNALBOX_DATA_DIR ? null : logins.current;
  const url = givenUrl || env.SIGNALBOX_URL || current || localUrl(dataDir);
  const named = givenToken || env.SIGNALBOX_TOKEN;
  if (named) return { url, token: named, tokenFrom: givenToken ? '--token' : 'SIGNALBOX_TOKEN', dataDir };
  const login = logins.servers[originOf(url)];
  if (login) return { url, token: login.token, tokenFrom: file, dataDir };
  const secret = isLoopback(url) ? readIfThere(join(dataDir, 'api-secret')) : undefined;
  return { url, token: secret, tokenFrom: secret ? join(dataDir, 'api-secret') : undefined, dataDir };
}

/** @param {Given} given */
export function requireServer(given) {
  const { url, token, dataDir } = findServer(given);
  if (token) return { url, token };
  throw new UsageError(
    `There is no key for ${url}.`,
    isLoopback(url)
      ? `Start the server (npm start), set SIGNALBOX_DATA_DIR to its data folder (there is no api-secret in ${dataDir}), or log in: signalbox login --url ${url}`
      : `Log in (signalbox login --url ${url}), or set SIGNALBOX_TOKEN.`,
  );
}

/** @param {Given} given @param {{ timeoutMs?: number, retryForMs?: number }} [patience] */
export const connect = (given, { timeoutMs = 30_000, retryForMs = RETRY_FOR_MS } = {}) =>
  createClient({ ...requireServer(given), timeoutMs, retryForMs });

/**
 * A server that does not take a key knows no more than that; here it is known where the key was taken from.
 * @param {unknown} error @param {Given} given
 */
export function aboutKey(error, given) {
  const { url, tokenFrom } = findServer(given);
  if (!(error instanceof SignalboxError) || error.status !== 401 || !tokenFrom) return error;
  return Object.assign(error, {
    message: `${url} does not take the key from ${tokenFrom}.`,
    advice: `It may be mistyped, revoked or over. Give another one, or log in: signalbox login --url ${url}`,
  });
}
