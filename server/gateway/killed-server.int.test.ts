import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { until } from '#server/testing/faults/until.ts';
import { stubbornProgram } from '#server/testing/mcp/killable-upstream.ts';
import { createKillRig } from '#server/testing/sdk-agents/kill-rig.ts';

interface Living {
  pid: number;
  group: number;
  words: string;
}

async function living(): Promise<Living[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,pgid=,stat=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, group, stat = '', words = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return stat === '' || stat.startsWith('Z') ? [] : [{ pid: Number(pid), group: Number(group), words }];
  });
}

test('a server that is killed leaves no program behind, however stubborn, nor what that has started', async () => {
  const mark = randomUUID();
  // Root says that it trusts the programs of tests; for anybody else there is nothing to say.
  const trust: Record<string, string> =
    process.getuid?.() === 0 ? { SIGNALBOX_MCP_PROGRAM_USER: 'root' } : {};
  await using rig = await createKillRig({ SIGNALBOX_MCP_PROGRAMS: stubbornProgram(mark), ...trust });
  const server = await rig.startServer();
  const body = { slug: 'stubborn', program: 'stubborn' };
  expect(await rig.client.request('POST', '/mcp/connect', { body })).toMatchObject({ status: 'connected' });
  const leaders = (await living()).filter(({ words }) => words.includes(mark));
  expect(leaders).toHaveLength(1);
  const [{ pid: leader = 0 } = {}] = leaders;
  const left = async () => (await living()).filter(({ group }) => group === leader);
  await using _cleaner = { [Symbol.asyncDispose]: async () => endAll(await left()) };
  expect((await left()).map(({ words }) => words)).toContain('sleep 86400');

  server.kill('SIGKILL');
  expect(await server.exited).toBeNull();
  await until('nothing of it is left', async () => (await left()).length === 0);
});

function endAll(processes: readonly Living[]): void {
  for (const { pid } of processes) process.kill(pid, 'SIGKILL');
}
