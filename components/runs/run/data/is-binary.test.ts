import { expect, test } from 'vitest';
import { isBinary, isBinaryType } from './is-binary.ts';

test('a file whose type is no text is none, whatever is in it', () => {
  const binary = ['image/png', 'application/pdf', 'application/zip', 'audio/mpeg'];
  const texts = ['image/svg+xml', 'text/csv', 'application/json', 'application/octet-stream', undefined];
  expect(binary.every(isBinaryType)).toBe(true);
  expect(texts.some(isBinaryType)).toBe(false);
});

test('bytes that are no UTF-8, or have a zero in them, are no text', async () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  expect(await isBinary(new Blob([png]))).toBe(true);
  expect(await isBinary(new Blob(['a\0b']))).toBe(true);
  expect(await isBinary(new Blob(['{"name": "Åse"}']))).toBe(false);
  expect(await isBinary(new Blob([]))).toBe(false);
});

test('a text is one also where the piece that is looked at ends amid a sign', async () => {
  expect(await isBinary(new Blob([`a${'å'.repeat(4096)}`]))).toBe(false);
});
