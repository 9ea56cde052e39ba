import { describe, expect, test } from 'vitest';
import { type Envelope, open, rewrap, type SealedPlace, seal } from './envelope.ts';
import type { SecretKeys } from './keys.ts';

const OLD = { id: 'old', bytes: new Uint8Array(32).fill(1) };
const NEW = { id: 'new', bytes: new Uint8Array(32).fill(2) };
const keys: SecretKeys = [OLD];
const place: SealedPlace = { orgUuid: 'a', name: 'token', version: 1 };

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

describe('a sealed value', () => {
  test('opens where it was sealed, whatever is in it', () => {
    for (const value of ['s', '', 'ü✓'.repeat(1000)])
      expect(open(seal(value, place, keys), place, keys)).toBe(value);
  });

  test.each<[string, Partial<SealedPlace>]>([
    ['another tenant', { orgUuid: 'b' }],
    ['another name', { name: 'other' }],
    ['another version', { version: 2 }],
  ])('does not open for %s', (_, other) => {
    expect(() => open(seal('value', place, keys), { ...place, ...other }, keys)).toThrow('does not open');
  });

  test('does not open when any bit of it is another', () => {
    const envelope = seal('value', place, keys);
    for (const part of ['sealed', 'wrappedKey'] as const) {
      for (let bit = 0; bit < envelope[part].length * 8; bit += 1) {
        const damaged: Envelope = { ...envelope, [part]: flipped(envelope[part], bit) };
        expect(() => open(damaged, place, keys)).toThrow('does not open');
      }
    }
  });

  test('does not open when it was cut short', () => {
    const envelope = seal('value', place, keys);
    for (const length of [0, 12, 27, envelope.sealed.length - 1]) {
      const damaged = { ...envelope, sealed: envelope.sealed.subarray(0, length) };
      expect(() => open(damaged, place, keys)).toThrow('does not open');
    }
  });

  test('does not open with the sealed part of another value', () => {
    const [one, other] = [seal('one', place, keys), seal('other', place, keys)];
    expect(() => open({ ...one, sealed: other.sealed }, place, keys)).toThrow('does not open');
  });

  test('tells nothing by being the same as another', () => {
    const seen = new Set<string>();
    for (let time = 0; time < 2000; time += 1) {
      const { sealed, wrappedKey } = seal('value', place, keys);
      for (const part of [sealed, wrappedKey]) seen.add(Buffer.from(part.subarray(0, 12)).toString('hex'));
    }
    expect(seen.size).toBe(4000);
  });
});

describe('a new secret key', () => {
  test('takes over what was sealed under the old one, which is then needed no more', () => {
    const moved = rewrap(seal('value', place, keys), place, [NEW, OLD]);
    expect(moved.keyId).toBe('new');
    expect(open(moved, place, [NEW])).toBe('value');
  });

  test('without the old one opens nothing, and says which is missing', () => {
    expect(() => open(seal('value', place, keys), place, [NEW])).toThrow('under the key old');
  });
});
