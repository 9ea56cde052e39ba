import { describe, expect, test } from 'vitest';
import type { AgentTokenId, KeyId } from '#server/domain/ids.ts';
import { lastFour, looksLikeKey, makeKey, readKey } from './key-format.ts';

const ID = 'key_019fcb2a4c7d7e10a1b2c3d4e5f6000e' as KeyId;
const key = makeKey('key', ID);

describe('a key', () => {
  test('begins so that it can be found in what people publish, and says whose row it is', () => {
    expect(key).toMatch(/^sbx_019fcb2a4c7d7e10a1b2c3d4e5f6000e_[0-9A-Za-z]{49}$/);
    expect(readKey(key)).toEqual({ kind: 'key', uuid: '019fcb2a4c7d7e10a1b2c3d4e5f6000e' });
    const token = makeKey('agentToken', ID.replace('key_', 'atk_') as AgentTokenId);
    expect(readKey(token)).toMatchObject({ kind: 'agentToken' });
    expect(looksLikeKey(`https://x/?a=${key}&b`)).toBe(true);
    expect(lastFour(key)).toBe(key.slice(-4));
  });

  test('is another one each time', () => {
    expect(new Set(Array.from({ length: 200 }, () => makeKey('key', ID))).size).toBe(200);
  });

  test.each([
    ['one letter short', key.slice(0, -1)],
    ['one letter long', `${key}A`],
    ['another case', key.toUpperCase()],
    ['a space before', ` ${key}`],
    ['a line after', `${key}\n`],
    ['the prefix of agents', key.replace('sbx_', 'sbxa_')],
    ['another id', key.replace('019f', '019e')],
    ['two letters swapped', key.slice(0, 50) + key.charAt(51) + key.charAt(50) + key.slice(52)],
    ['nothing', ''],
    ['the id alone', ID],
  ])('is none with %s', (_, text) => {
    expect(text === key ? null : readKey(text)).toBeNull();
  });

  test('is none with any one letter changed', () => {
    for (let at = 0; at < key.length; at += 1) {
      const other = key.charAt(at) === 'x' ? 'y' : 'x';
      expect(readKey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull();
    }
  });
});
