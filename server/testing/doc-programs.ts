import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** What a program imports that has been installed as its page says. */
const INSTALLED = { '@signalbox/sdk': 'sdk/typescript', amqplib: 'node_modules/amqplib' };

/** The programs of a page, exactly as it shows them, by the names that it gives them. */
export function readPrograms(page: string): Record<string, string> {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const found = [...text.matchAll(/<!-- program (\S+) -->\s*```\w+\n([\s\S]*?)```/g)];
  return Object.fromEntries(found.map(([, name = '', program = '']) => [name, program]));
}

/** In a folder of somebody else's, who has copied them there and installed what they need. */
export async function copyPrograms(page: string): Promise<Record<string, string>> {
  const folder = await makeFolder();
  for (const [name, path] of Object.entries(INSTALLED)) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, path), place);
  }
  return copyInto(folder, page);
}

/** The same in a folder in which they do what a page says first, without a registry or an index to be had. */
export async function copyAndInstall(page: string, command: string): Promise<Record<string, string>> {
  const folder = await makeFolder();
  const nowhere = 'http://127.0.0.1:9/';
  const env = { ...process.env, npm_config_registry: nowhere, npm_config_cache: join(folder, '.npm') };
  await promisify(execFile)('sh', ['-ec', command], { cwd: folder, env });
  return copyInto(folder, page);
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-docs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function copyInto(folder: string, page: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readPrograms(page)).map(([name, program]) => {
      const file = join(folder, name);
      writeFileSync(file, program);
      return [name, file];
    }),
  );
}
