import { expect, test } from 'vitest';
import { passkeyHost } from './passkey-host.ts';

test.each([
  ['https://signalbox.example.org', 'signalbox.example.org'],
  ['https://signalbox.example.org:8443', 'signalbox.example.org'],
  ['http://localhost:3000', 'localhost'],
  ['https://localhost', 'localhost'],
])('passkeys made at %s are bound to %s', (origin, host) => {
  expect(passkeyHost(origin)).toBe(host);
});

test.each([
  'http://signalbox.example.org',
  'http://127.0.0.1:3000',
  'https://127.0.0.1',
  'https://[::1]:3000',
  'http://localhost.example.org',
  'https://192.168.1.4',
  'null',
  '',
])('no browser makes any at %j', (origin) => {
  expect(passkeyHost(origin)).toBeNull();
});
