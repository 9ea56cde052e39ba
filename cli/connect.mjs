// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '../sdk/typescript/index.mjs';
import { UsageError } from './usage.mjs';

/** @typedef {{ url?: string | undefined, token?: string | undefined }} Given */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

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

/**
 * Where to call and as whom. The data folder's secret opens everything, so it is sent to this machine only.
 * @param {Given} given
 */
export function findServer({ url: givenUrl, token: givenToken }, env = process.env) {
  const dataDir = findDataDir(env);
  const url = givenUrl || env.SIGNALBOX_URL || localUrl(dataDir);
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  const named = givenToken || env.SIGNALBOX_TOKEN;
  if (named) return { url, token: named, tokenFrom: givenToken ? '--token' : 'SIGNALBOX_TOKEN', dataDir };
  const secret = LOOPBACK.test(host) ? readIfThere(join(dataDir, 'api-secret')) : undefined;
  return { url, token: secret, tokenFrom: secret ? join(dataDir, 'api-secret') : undefined, dataDir };
}

/** @param {Given} given */
export function requireServer(given) {
  const { url, token, dataDir } = findServer(given);
  if (token) return { url, token };
  throw new UsageError(
    `There is no token for ${url}.`,
    `Set SIGNALBOX_TOKEN, or SIGNALBOX_DATA_DIR if the server runs here (there is no api-secret in ${dataDir}).`,
  );
}

/** @param {Given} given */
export const connect = (given) => createClient(requireServer(given));
