import { expect, test } from 'vitest';
import { copyText } from './clipboard.ts';

function world({ write }: { write?: () => Promise<void> }, obeys = true) {
  const commanded: string[] = [];
  const command = (text: string) => {
    commanded.push(text);
    return obeys;
  };
  return { means: { write, command }, commanded };
}

test('a page that has the clipboard uses it', async () => {
  const { means, commanded } = world({ write: async () => undefined });
  expect(await copyText('a', means)).toBe(true);
  expect(commanded).toEqual([]);
});

test('a page that came without TLS, which has none, copies the way of old', async () => {
  const { means, commanded } = world({});
  expect(await copyText('a', means)).toBe(true);
  expect(commanded).toEqual(['a']);
});

test('a clipboard that is forbidden is no end of it, and what did not work is said', async () => {
  const forbidden = async () => Promise.reject(new Error('NotAllowedError'));
  expect(await copyText('a', world({ write: forbidden }).means)).toBe(true);
  expect(await copyText('a', world({ write: forbidden }, false).means)).toBe(false);
});
