import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';

const SECRET = /^[A-Za-z0-9_-]{32,}$/;

/** A random secret that only the owner of the file can read, made at the first call and the same ever after. */
export function readOrCreateSecret(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  return readSecret(file) ?? createSecret(file);
}

function readSecret(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (!SECRET.test(text)) {
    throw new SignalboxError('INVALID', `The secret in ${file} is damaged.`, {
      advice: 'Restore the file from a backup.',
    });
  }
  // It may have been copied with looser rights.
  chmodSync(file, 0o600);
  return text;
}

function createSecret(file: string): string {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    // A link appears whole or not at all: of two that start together, one's secret holds for both.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}
