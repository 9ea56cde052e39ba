import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { comes, until } from '#server/testing/faults/until.ts';
import { createGuard } from './guard.ts';
import { createStdioTransport } from './transport.ts';

const guard = createGuard();
afterAll(() => guard.close());

const start = (args: string[], more: object = {}) =>
  createStdioTransport({
    ...{ command: '/bin/sh', args, env: { PATH: '/usr/bin:/bin' }, cwd: tmpdir() },
    ...{ maxMessageBytes: 10_000, maxResidentBytes: 1e9, guard },
    ...more,
  });

/** Of the processes that carry the mark among their words: those that live. */
const living = (mark: string): string[] =>
  execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(mark) && !line.startsWith('Z') && !line.includes('ps -eo'));

test('hundreds of starts and ends leave no process, nor one that a process has started', async () => {
  const mark = `7${process.pid}`;
  const round = async () => {
    const transport = start(['-c', `sleep ${mark} & exec cat`]);
    await transport.start();
    await transport.close();
  };
  for (let count = 0; count < 200; count += 10) await Promise.all(Array.from({ length: 10 }, round));
  await until('all are gone', async () => living(`sleep ${mark}`).length === 0);
}, 120_000);

test('one that does not want to end is ended', async () => {
  const mark = `8${process.pid}`;
  const transport = start(['-c', `trap '' TERM; while :; do sleep ${mark}; done`]);
  await transport.start();
  const closed = Promise.withResolvers<void>();
  transport.onclose = closed.resolve;
  await transport.close();
  await comes('it says so', closed.promise);
  await until('all are gone', async () => living(`sleep ${mark}`).length === 0);
}, 60_000);

test.runIf(process.platform === 'linux')(
  'one that takes more memory than it may is ended, with why',
  async () => {
    const mark = `9${process.pid}`;
    // The group counts as a whole: it is the child of the program that takes it.
    const transport = start(['-c', `sleep ${mark} & exec cat`], { maxResidentBytes: 1 });
    const closed = Promise.withResolvers<void>();
    transport.onclose = closed.resolve;
    await transport.start();
    await comes('it is ended', closed.promise);
    expect(transport.lastWords()).toContain('of memory, and was ended');
    await until('all are gone', async () => living(`sleep ${mark}`).length === 0);
  },
  60_000,
);

test('messages come whole and in order, and a line that is none does not stop them', async () => {
  const lines = ['{"jsonrpc":"2.0","method":"a"}', 'no message', '{"jsonrpc":"2.0","id":1,"result":{}}'];
  const transport = start(['-c', `printf '%s\\n' '${lines.join("' '")}'; cat`]);
  const heard: unknown[] = [];
  transport.onmessage = (message) => heard.push('method' in message ? message.method : 'answer');
  await transport.start();
  await until('both are heard', async () => heard.length === 2);
  expect(heard).toEqual(['a', 'answer']);
  await transport.close();
});

test('a message that is too large ends it', async () => {
  const transport = start(['-c', 'head -c 20000 /dev/zero | tr "\\0" x; cat']);
  const closed = Promise.withResolvers<void>();
  transport.onclose = closed.resolve;
  await transport.start();
  await comes('it ends', closed.promise);
});

test('what a program says before it dies is kept, and one that is not there is an error', async () => {
  const transport = start(['-c', 'echo "no such file" >&2; exit 1']);
  const closed = Promise.withResolvers<void>();
  transport.onclose = closed.resolve;
  await transport.start();
  await comes('it ends', closed.promise);
  await until('its words are there', async () => transport.lastWords() === 'no such file');
  await expect(start([], { command: '/no/such/program' }).start()).rejects.toThrow('ENOENT');
});
