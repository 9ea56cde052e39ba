import { execFileSync } from 'node:child_process';
import { chmod, copyFile, link, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canEnter } from '#server/platform/system-user.ts';
import { commandOf, type McpRig, startMcpRig } from '#server/testing/mcp-rig.ts';

/** Of no user, as far as that goes. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const NOSY = fileURLToPath(new URL('../../testing/mcp/nosy-program.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;

let folder: string;
let programs: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-node-'));
  await chmod(folder, 0o755);
  // The one that runs this may be where only root gets to.
  const node = join(folder, 'node');
  await link(process.execPath, node).catch(() => copyFile(process.execPath, node));
  programs = `nosy=${node} ${NOSY},filesystem=${[node, ...commandOf('@modelcontextprotocol/server-filesystem').args].join(' ')}`;
});
afterAll(() => rm(folder, { recursive: true }));

const startRig = (user: string) =>
  startMcpRig({ SIGNALBOX_MCP_PROGRAMS: programs, SIGNALBOX_MCP_PROGRAM_USER: user });

/** A server that reads and writes files, and is told that all of the data folder is its own. */
const nosy = (rig: McpRig, slug = 'nosy') => ({
  slug,
  program: 'filesystem',
  args: ['{folder}', rig.http.program.dataDir],
});

async function readThere(rig: McpRig, path: string): Promise<{ isError: boolean; text: string }> {
  const { body } = await rig.call('nosy__read_text_file', { path });
  return { isError: body.is_error, text: JSON.stringify(body) };
}

describe.runIf(isRoot && canEnter(MODULES, NOBODY))('where Signalbox runs as root, a program', () => {
  test('that runs as another user reads no secret, and works in its own folder', async () => {
    await using rig = await startRig(`${NOBODY.uid}:${NOBODY.gid}`);
    const { dataDir } = rig.http.program;
    // As a folder that only root may pass through: better no program than one that finds nothing of its own.
    const early = await rig.try('/connect', nosy(rig, 'early'));
    expect(early.body).toMatchObject({
      status: 'unreachable',
      problem: expect.stringContaining(`may not pass through ${dataDir}`),
    });
    await chmod(dataDir, 0o711);
    const id = await rig.join(nosy(rig));
    for (const name of ['secret-key', 'api-secret']) {
      expect((await readFile(join(dataDir, name), 'utf8')).length).toBeGreaterThan(20);
      const { isError, text } = await readThere(rig, join(dataDir, name));
      expect([name, isError, text]).toEqual([name, true, expect.stringContaining('EACCES')]);
    }
    const own = join(dataDir, 'mcp', id.slice(5));
    const written = await rig.call('nosy__write_file', { path: join(own, 'note.txt'), content: 'Hello' });
    expect(written.body.is_error, JSON.stringify(written.body)).toBe(false);
    expect(await stat(join(own, 'note.txt'))).toMatchObject(NOBODY);
    const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
    const mine = lines.find((line) => line.includes(join(folder, 'node')) && line.includes(own)) ?? '';
    const status = await readFile(`/proc/${mine.trim().split(' ')[0]}/status`, 'utf8');
    // Nor has it any of root's groups.
    expect(status).toMatch(/^Uid:(\s+65534){4}$/m);
    expect(status).toMatch(/^Gid:(\s+65534){4}$/m);
    expect(status).toMatch(/^Groups:\s*$/m);
  }, 120_000);

  test('that runs as root reads all of them: so that has to be said', async () => {
    await using rig = await startRig('root');
    const key = join(rig.http.program.dataDir, 'secret-key');
    await rig.join(nosy(rig));
    expect(await readThere(rig, key)).toEqual({
      isError: false,
      text: expect.stringContaining((await readFile(key, 'utf8')).trim()),
    });
  }, 120_000);

  test('is not started while nobody has said as whom, and the catalogue says so', async () => {
    await using rig = await startRig('');
    expect(await rig.try('/connect', nosy(rig))).toMatchObject({
      status: 403,
      body: {
        detail: expect.stringContaining('runs as root'),
        advice: expect.stringContaining('SIGNALBOX_MCP_PROGRAM_USER'),
      },
    });
    expect((await rig.ask('/connections')).connections).toEqual([]);
    const { servers } = await rig.ask('/catalogue');
    expect(
      servers.find(({ server_type }: { server_type: string }) => server_type === 'filesystem'),
    ).toMatchObject({
      available: false,
      obstacle: expect.stringContaining('SIGNALBOX_MCP_PROGRAM_USER'),
    });
  }, 120_000);

  /** What one program gets of another: a file of its folder, its environment, and whether it could end it. */
  async function tryOther(rig: McpRig): Promise<Record<'file' | 'environment' | 'process', string>> {
    for (const slug of ['one', 'other']) await rig.join({ slug, program: 'nosy' });
    const say = async (name: string, args: object = {}) =>
      (await rig.call(name, args)).body.result.content[0].text;
    const other = JSON.parse(await say('other__whoami'));
    const note = join(other.folder, 'note.txt');
    expect(await say('other__write', { path: note, text: 'of the other' })).toBe('written');
    expect(await say('other__read', { path: note })).toBe('of the other');
    return {
      file: await say('one__read', { path: note }),
      environment: await say('one__read', { path: `/proc/${other.pid}/environ` }),
      process: await say('one__reach', { pid: String(other.pid) }),
    };
  }

  test('gets to nothing of another where each connection has a user of its own', async () => {
    await using rig = await startRig('3600000-3609999');
    await chmod(rig.http.program.dataDir, 0o711);
    expect(await tryOther(rig)).toEqual({ file: 'EACCES', environment: 'EACCES', process: 'EPERM' });
    const uids = await Promise.all(
      ['one', 'other'].map(async (slug) => {
        const { body } = await rig.call(`${slug}__whoami`);
        return JSON.parse(body.result.content[0].text).uid;
      }),
    );
    expect(new Set(uids).size).toBe(2);
    expect(uids.every((uid) => uid >= 3_600_000 && uid <= 3_609_999)).toBe(true);
  });

  test('gets to all of another where all have one user: that is what they share', async () => {
    await using rig = await startRig(`${NOBODY.uid}:${NOBODY.gid}`);
    await chmod(rig.http.program.dataDir, 0o711);
    expect(await tryOther(rig)).toEqual({
      ...{ file: 'of the other', process: 'true' },
      environment: expect.stringContaining('HOME='),
    });
  });
});
