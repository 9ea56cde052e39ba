import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { SDK_FILES } from '#server/domain/sdk-files.ts';
import { tarGz } from './archives.ts';
import { packPython, packTypescript } from './packages.ts';

const SDK = join(import.meta.dirname, '../../../sdk');

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-pack-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function copyOf(name: string): Promise<string> {
  const folder = await makeFolder();
  await cp(join(SDK, name), folder, { recursive: true });
  await utimes(join(folder, 'README.md'), 1, 1);
  return folder;
}

test('the same files make the same bytes wherever and whenever they lie', async () => {
  expect(await packTypescript(await copyOf('typescript'))).toEqual(await packTypescript());
  expect(await packPython(await copyOf('python'))).toEqual(await packPython());
});

test('another content has another tag', async () => {
  const folder = await copyOf('python');
  await writeFile(join(folder, 'signalbox/_more.py'), 'x = 1\n');
  await writeFile(join(folder, 'signalbox/_more.pyc'), 'x = 1\n');
  const changed = await packPython(folder);
  expect(changed.etag).not.toBe((await packPython()).etag);
  expect(changed.bytes.includes('_more.py,')).toBe(true);
  expect(changed.bytes.includes('_more.pyc')).toBe(false);
});

test('the name of the wheel is that of the version in pyproject.toml', async () => {
  expect((await packPython()).file).toBe(SDK_FILES.python);
});

test('the tarball is one that tar reads, with the code and none of its tests', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'sdk.tgz');
  await writeFile(file, (await packTypescript()).bytes);
  const names = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).trim().split('\n');
  expect(names).toContain('package/package.json');
  expect(names).toContain('package/lib/agent-worker.mjs');
  expect(names.filter((name) => /test|example/.test(name))).toEqual([]);
});

test('an archive that is longer than a block of gzip comes out as it went in', () => {
  const content = Buffer.alloc(200_000, 'abc');
  const tar = gunzipSync(tarGz([{ path: 'long', content }]));
  expect(tar.subarray(512, 512 + content.length).equals(content)).toBe(true);
  expect(tar.length % 512).toBe(0);
});
