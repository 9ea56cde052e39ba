import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-docs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, path] of Object.entries(INSTALLED)) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, path), place);
  }
  return Object.fromEntries(
    Object.entries(readPrograms(page)).map(([name, program]) => {
      const file = join(folder, name);
      writeFileSync(file, program);
      return [name, file];
    }),
  );
}
