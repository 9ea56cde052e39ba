import { expect, test } from 'vitest';
import { toUtf8 } from './text.ts';

test('a byte that is not UTF-8 is named by line and byte', () => {
  const bytes = Buffer.concat([Buffer.from('a,b\n1,é'), Buffer.from([0xff]), Buffer.from('x\n2,y')]);
  expect(() => toUtf8(bytes, 'utf-8')).toThrow(/^Line 2, byte 5 of it/);
});

test('a file that ends in the middle of a character is named by its end', () => {
  expect(() => toUtf8(Buffer.from([0x61, 0xc3]), 'utf-8')).toThrow(/Line 1, byte 2/);
});

test.each([
  ['utf-8', Buffer.from('\uFEFFé')],
  ['utf-16le', Buffer.from('é', 'utf16le')],
  ['windows-1252', Buffer.from([0xe9])],
] as const)('%s text becomes UTF-8 without a byte order mark', (encoding, bytes) => {
  expect(toUtf8(bytes, encoding).toString('utf8')).toBe('é');
});
