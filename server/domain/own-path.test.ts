import { expect, test } from 'vitest';
import { toOwnPath } from './own-path.ts';

const HOSTILE = [
  '//evil.example',
  '/\\evil.example',
  '/%09/evil.example',
  '/\t/evil.example',
  '\\\\evil.example',
  'https:evil.example',
  'https://evil.example',
  '/..//evil.example',
  '/x/..//evil.example',
  '/./\\evil.example',
  '%2f%2fevil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'https://own.invalid@evil.example',
  'http://own.invalid.evil.example',
  '/sign-in?next=//evil.example',
  '/\n/evil.example',
  '///evil.example',
  '',
  '.',
  `/${'a'.repeat(5000)}`,
];

test.each(HOSTILE)('%j stays on our origin', (wanted) => {
  const path = toOwnPath(wanted);
  expect(new URL(path, 'https://ours.example').host).toBe('ours.example');
  // And once more, as the browser does with the address that we send it to.
  expect(toOwnPath(path)).toBe(path);
});

test.each(['/', '/runs/run_1?tab=logs#end', '/pipelines'])('%s is kept', (path) => {
  expect(toOwnPath(path)).toBe(path);
});

test('nothing leads home', () => {
  expect(toOwnPath(null)).toBe('/');
});
