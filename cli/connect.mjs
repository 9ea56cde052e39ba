// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, SignalboxError } from '../sdk/typescript/index.mjs';
import { findLock } from './find-lock.mjs';
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

/**
 * The server that works on this machine's data folder. Its lock says where it listens, and whether that is a process that
 * lives: a port that such a one listens on is nobody else's.
 * @param {string} dataDir
 * @returns {{ url: string, isOurs: boolean }}
 */
function findLocal(dataDir) {
  const lock = findLock(dataDir);
  const url = lock?.url;
  return { url: url ?? `http://127.0.0.1:${lock?.port || 3000}`, isOurs: url !== undefined };
}

/** Whether a person who writes this means that server. A name is no address: what it leads to is for others to say. @param {string} url @param {string} ours */
function meansOurs(url, ours) {
  if (originOf(url) === ours) return true;
  const named = URL.canParse(url) ? new URL(url) : undefined;
  return named?.hostname === 'localhost' && named.protocol === 'http:' && named.port === new URL(ours).port;
}

/** @param {string} url */
export const isLoopback = (url) => URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);

/** @param {string} url */
export const originOf = (url) => (URL.canParse(url) ? new URL(url).origin : url);

/**
 * Where to call and as whom. A login goes to the server that it was made for. The data folder's secret opens everything, so
 * it goes to the address where the process listens that holds the folder and nowhere else: whoever listens on another
 * port of this machine, or on that one while no server runs, would be the owner from then on.
 * @param {Given} given
 */
export function findServer({ url: givenUrl, token: givenToken }, env = process.env) {
  const dataDir = findDataDir(env);
  const file = loginsFile(env);
  const logins = readLogins(file);
  const local = findLocal(dataDir);
  // Whoever names a data folder means its server.
  const current = env.SIGNALBOX_DATA_DIR ? null : logins.current;
  const url = givenUrl || env.SIGNALBOX_URL || current || local.url;
  const named = givenToken || env.SIGNALBOX_TOKEN;
  if (named) return { url, token: named, tokenFrom: givenToken ? '--token' : 'SIGNALBOX_TOKEN', dataDir };
  const login = logins.servers[originOf(url)];
  if (login) return { url, token: login.token, tokenFrom: file, dataDir };
  const secretFile = join(dataDir, 'api-secret');
  const secret = local.isOurs && meansOurs(url, local.url) ? readIfThere(secretFile) : undefined;
  if (secret) return { url: local.url, token: secret, tokenFrom: secretFile, dataDir };
  return { url, token: undefined, tokenFrom: undefined, dataDir };
}

/** Why the secret of the data folder is not used, and what to do. @param {string} url @param {string} dataDir */
function adviceFor(url, dataDir) {
  const login = `signalbox login --url ${url}`;
  if (!isLoopback(url)) return `Log in (${login}), or set SIGNALBOX_TOKEN.`;
  const { url: ours, isOurs } = findLocal(dataDir);
  if (isOurs && !meansOurs(url, ours))
    return `The server of ${dataDir} listens at ${ours}, and its secret goes nowhere else. Call that one, or log in: ${login}`;
  if (isOurs)
    return `There is no api-secret in ${dataDir} that can be read. Become who may read it, or log in: ${login}`;
  return `No server runs on ${dataDir}. Start it (npm start), set SIGNALBOX_DATA_DIR to the folder of the one that runs, or log in: ${login}`;
}

/** @param {Given} given */
export function requireServer(given, env = process.env) {
  const { url, token, dataDir } = findServer(given, env);
  if (token) return { url, token };
  throw new UsageError(`There is no key for ${url}.`, adviceFor(url, dataDir));
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
