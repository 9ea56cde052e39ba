import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Reads `.env` if there is one. What the shell gave wins over what the file says. */
export function loadDotEnv() {
  const file = join(ROOT, '.env');
  if (existsSync(file) && process.loadEnvFile) process.loadEnvFile(file);
}

/** The data folder, by the same rule as server/platform/env.ts: relative to the checkout. */
export function findDataDir(env = process.env) {
  const given = env.SIGNALBOX_DATA_DIR?.trim() || '.signalbox';
  return isAbsolute(given) ? given : join(ROOT, given);
}
