import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, tarGz, zip } from './archives.ts';

const SDK = join(import.meta.dirname, '../../../sdk');

/** A package as its installer wants it. */
export interface Package {
  bytes: Buffer;
  etag: string;
}

/** As `npm pack` would make it: what `files` of its package.json names, without its tests. */
export async function packTypescript(folder = join(SDK, 'typescript')): Promise<Package> {
  const { files } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { files: string[] };
  const names = (await Promise.all(files.map((name) => filesIn(folder, name)))).flat();
  const wanted = names.filter((name) => !name.endsWith('.test.ts'));
  return pack(tarGz(await read(folder, ['package.json', 'README.md', ...wanted], 'package/')));
}

/** A wheel: an archive that Python imports from, and installers take without building anything. */
export async function packPython(folder = join(SDK, 'python')): Promise<Package & { file: string }> {
  const about = await readProject(folder);
  const names = (await filesIn(folder, 'signalbox')).filter((name) => /\.py$|\/py\.typed$/.test(name));
  const code = await read(folder, names);
  const info = `${about.name}-${about.version}.dist-info`;
  const texts: Record<string, string> = {
    METADATA: `${metadataOf(about)}\n${await readFile(join(folder, 'README.md'), 'utf8')}`,
    WHEEL: 'Wheel-Version: 1.0\nGenerator: signalbox\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  };
  const infos = Object.entries(texts).map(([name, text]) => ({
    path: `${info}/${name}`,
    content: Buffer.from(text),
  }));
  const entries = [...code, ...infos];
  const record = { path: `${info}/RECORD`, content: Buffer.from(recordOf(entries, `${info}/RECORD`)) };
  const file = `${about.name}-${about.version}-py3-none-any.whl`;
  return { ...pack(zip([...entries, record])), file };
}

const pack = (bytes: Buffer): Package => ({
  bytes,
  etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`,
});

/** A file, or all that are in a folder; in an order that no file system has a say in. */
async function filesIn(folder: string, name: string): Promise<string[]> {
  if (name.includes('.')) return [name];
  const found = await readdir(join(folder, name), { withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => `${name}/${entry.name}`)
    .toSorted();
}

const read = (folder: string, names: readonly string[], prefix = ''): Promise<Entry[]> =>
  Promise.all(
    names.map(async (name) => ({ path: prefix + name, content: await readFile(join(folder, name)) })),
  );

interface Project {
  name: string;
  version: string;
  description: string;
  python: string;
  classifiers: string[];
}

/** Its own pyproject.toml, of which each of these is a line. */
async function readProject(folder: string): Promise<Project> {
  const text = await readFile(join(folder, 'pyproject.toml'), 'utf8');
  const line = (key: string): string => {
    const [, value] = new RegExp(`^${key} = (.+)$`, 'm').exec(text) ?? [];
    if (value === undefined) throw new Error(`pyproject.toml of the Python SDK has no line ${key}.`);
    return value;
  };
  const word = (key: string) => JSON.parse(line(key)) as string;
  return {
    name: word('name'),
    version: word('version'),
    description: word('description'),
    python: word('requires-python'),
    classifiers: JSON.parse(line('classifiers')) as string[],
  };
}

const metadataOf = ({ name, version, description, python, classifiers }: Project): string =>
  [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    `Summary: ${description}`,
    `Requires-Python: ${python}`,
    ...classifiers.map((classifier) => `Classifier: ${classifier}`),
    'Description-Content-Type: text/markdown',
    '',
  ].join('\n');

/** What is in it and with which sum; of itself it says nothing. */
const recordOf = (entries: readonly Entry[], own: string): string =>
  [
    ...entries.map(
      ({ path, content }) => `${path},sha256=${hash('sha256', content, 'base64url')},${content.length}`,
    ),
    `${own},,`,
    '',
  ].join('\n');
