import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SubjectDefinition, SubjectModule } from './subject.ts';

const HERE = import.meta.dirname;
const PEERS = join(HERE, 'peers');

export interface CatalogueEntry {
  file: string;
  definition: SubjectDefinition;
  isPeer: boolean;
}

/** All subjects, ours first: every file in `subjects/` and `peers/` that exports a list of them. */
export async function readCatalogue(): Promise<CatalogueEntry[]> {
  const entries: CatalogueEntry[] = [];
  for (const folder of ['subjects', 'peers']) {
    const all = globSync('*.{ts,mjs}', { cwd: join(HERE, folder) });
    const names = all.filter((name) => !name.includes('.test.')).toSorted();
    for (const file of names.map((name) => join(HERE, folder, name))) {
      const module: Partial<SubjectModule> = await import(pathToFileURL(file).href);
      for (const definition of module.subjects ?? [])
        entries.push({ file, definition, isPeer: folder === 'peers' });
    }
  }
  return entries;
}

export async function loadDefinition(file: string, name: string): Promise<SubjectDefinition> {
  const module: SubjectModule = await import(pathToFileURL(file).href);
  const definition = module.subjects.find((subject) => subject.name === name);
  if (!definition) throw new Error(`${file} has no subject named ${name}.`);
  return definition;
}

/** The engines we compare with are heavy and nobody else's business: installed apart, and only when asked for. */
export function installPeers(): void {
  const lock = createHash('sha256')
    .update(readFileSync(join(PEERS, 'package-lock.json')))
    .digest('hex');
  const stamp = join(PEERS, 'node_modules', '.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing the engines to compare with ...');
  // Not `npm ci`: it refuses this lock, which lacks optional binaries for platforms other than Linux.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: PEERS, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm install failed in bench/peers; its message is above.');
  writeFileSync(stamp, lock);
}

export function readPackageVersion(name: string): string {
  const dirs = [join(PEERS, 'node_modules'), join(HERE, '..', 'node_modules')];
  const file = dirs.map((dir) => join(dir, name, 'package.json')).find((path) => existsSync(path));
  if (!file) return 'not installed';
  const { version }: { version?: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version ?? 'unknown';
}
