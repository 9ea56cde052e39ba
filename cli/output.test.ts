import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { compare } from './compare.mjs';
import { bar, clean, createOutput, prettyJson } from './output.mjs';

function terminal(more: object = {}) {
  const stream = new PassThrough();
  const stdout = Object.assign(stream, {
    isTTY: true,
    columns: 12,
    ...more,
  }) as unknown as NodeJS.WriteStream;
  return { stdout, text: () => String(stream.read()) };
}

test('a live picture is drawn over the one before, no wider than the terminal', () => {
  const { stdout, text } = terminal();
  const out = createOutput({ isJson: false, stdout });
  expect(out.isLive).toBe(true);
  out.redraw(['one', 'a line that is too long']);
  out.redraw(['two', 'short']);
  const up = '\u001b[2A';
  const wipe = '\u001b[2K';
  expect(text()).toBe(`${wipe}one\n${wipe}a line that \n${up}${wipe}two\n${wipe}short\n`);
  expect(createOutput({ isJson: true, stdout }).isLive).toBe(false);
});

test('a list is a table for people and JSON for programs', () => {
  const items = [{ name: 'a', count: 10 }, { name: 'longer' }];
  const columns = { name: ({ name }: { name: string }) => name, n: ({ count }: { count?: number }) => count };
  const [people, programs] = [terminal(), terminal()];
  createOutput({ isJson: false, stdout: people.stdout }).list(items, columns);
  createOutput({ isJson: true, stdout: programs.stdout }).list(items, columns);
  expect(people.text()).toBe('name    n\na       10\nlonger\n');
  expect(JSON.parse(programs.text())).toEqual(items);
});

test('a bar is as full as it is told, and no text of a stranger moves the cursor', () => {
  expect(bar(0.5)).toBe('█'.repeat(12) + '░'.repeat(12));
  expect([bar(-1), bar(2)]).toEqual(['░'.repeat(24), '█'.repeat(24)]);
  expect(clean('\u001b]0;mine\u0007\tü')).toBe('\uFFFD]0;mine\uFFFD\tü');
});

test('what is printed keeps its lines and is nothing that a terminal obeys', () => {
  const { stdout, text } = terminal();
  const stderr = terminal();
  const out = createOutput({ isJson: false, stdout, stderr: stderr.stdout });
  out.line('one\n\u001b[2Jtwo');
  expect(text()).toBe('one\n\uFFFD[2Jtwo\n');
  out.remark('three\r\n\u009b2J');
  expect(stderr.text()).toBe('three\uFFFD\n\uFFFD2J\n');
  const value = { name: 'a\u009bb\u007f', list: [1] };
  out.line(prettyJson(value));
  const printed = text();
  expect(printed).toContain('\n  "name": "a\\u009bb\\u007f",\n');
  expect(JSON.parse(printed)).toEqual(value);
});

test('a document goes to a terminal as it can be shown, and to a file to the letter', () => {
  const [shown, kept] = [terminal(), terminal({ isTTY: false })];
  for (const { stdout } of [shown, kept]) createOutput({ isJson: false, stdout }).document('a: \u0085b');
  expect([shown.text(), kept.text()]).toEqual(['a: \uFFFDb\n', 'a: \u0085b\n']);
});

test('documents are compared stage by stage', () => {
  const before = {
    stages: [
      { key: 'a', type: 'x' },
      { key: 'b', type: 'y' },
    ],
  };
  const after = { stages: [{ key: 'new', type: 'z' }, ...before.stages], deadlineSeconds: 5 };
  expect(compare(before, after)).toEqual([
    { path: 'stages.new', before: undefined, after: { key: 'new', type: 'z' } },
    { path: 'deadlineSeconds', before: undefined, after: 5 },
  ]);
  expect(compare(before, structuredClone(before))).toEqual([]);
});
