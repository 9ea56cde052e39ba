import { describe, expect, test } from 'vitest';
import { keysOf } from './keys-of.ts';

type Connection = Parameters<typeof keysOf>[0];

const token = { key: 'token', label: 'Access token', required: true };
const entries = [
  { server_type: 'desk', credentials: [token] },
  { server_type: 'open', credentials: [] },
];
const plain: Connection = { kind: 'http', server_type: null, sign_in: null, sealed_names: [] };

describe('what a server is shown so that it lets us in', () => {
  test('is asked for by the names that are sealed, or by one that is still to be named', () => {
    expect(keysOf({ ...plain, sealed_names: ['authorization', 'x-team'] }, entries)).toEqual({
      as: 'headers',
      asked: ['authorization', 'x-team'].map((key) => ({ key, label: key, required: true })),
    });
    expect(keysOf(plain, entries)).toEqual({ as: 'headers', asked: [] });
    expect(keysOf({ ...plain, kind: 'stdio', sealed_names: ['KEY'] }, entries)).toMatchObject({
      as: 'variables',
      asked: [{ key: 'KEY' }],
    });
  });

  test('is asked for in the words of the catalogue, if the server is of it', () => {
    expect(keysOf({ ...plain, server_type: 'desk', sealed_names: ['authorization'] }, entries)).toEqual({
      as: 'credentials',
      asked: [token],
    });
    // What is sealed there is where it keeps its file.
    expect(
      keysOf({ ...plain, kind: 'stdio', server_type: 'open', sealed_names: ['FILE'] }, entries),
    ).toBeNull();
  });

  test('is nothing to be changed where people sign in themselves', () => {
    const signIn = { mode: 'each' } as never;
    expect(keysOf({ ...plain, sign_in: signIn }, entries)).toBeNull();
  });
});
