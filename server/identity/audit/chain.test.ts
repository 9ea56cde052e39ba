import { describe, expect, test } from 'vitest';
import { type ChainEntry, checkChain, firstHash, hashEntry } from './chain.ts';
import { createSigner, isSigned } from './signer.ts';

const ORG = '00000000-0000-7000-8000-000000000001';

function entriesOf(count: number): ChainEntry[] {
  let hash: Uint8Array = firstHash(ORG);
  return Array.from({ length: count }, (_, at) => {
    const body = JSON.stringify({
      actor: { id: 'u1' },
      action: 'run.started',
      target: `run_${at}`,
      request_id: null,
    });
    const entry = { seq: at + 1, at: new Date(1_000 * (at + 1)), body };
    hash = hashEntry(hash, entry);
    return { ...entry, actorId: 'u1', action: 'run.started', target: `run_${at}`, requestId: null, hash };
  });
}

function firstFault(entries: readonly ChainEntry[], checkpoints: { seq: number; hash: Uint8Array }[] = []) {
  const check = checkChain(ORG, checkpoints);
  for (const entry of entries) {
    const fault = check.add(entry);
    if (fault) return fault;
  }
  return check.finish();
}

const changed = (at: number, change: Partial<ChainEntry>) =>
  entriesOf(5).map((entry, place) => (place === at ? { ...entry, ...change } : entry));

describe('a chain of entries', () => {
  test('is sound as it was written', () => {
    expect(firstFault(entriesOf(5))).toBeNull();
    expect(firstFault([])).toBeNull();
  });

  test.each<[string, ChainEntry[], number]>([
    [
      'an entry that says something else',
      changed(2, { body: '{"actor":{"id":"u2"},"action":"run.started"}' }),
      3,
    ],
    ['an entry of another time', changed(2, { at: new Date(2_500) }), 3],
    ['an entry that was removed', entriesOf(5).toSpliced(2, 1), 3],
    ['entries that changed places', entriesOf(5).toSorted((a, b) => Math.sin(b.seq) - Math.sin(a.seq)), 1],
    ['an entry that was added', [...entriesOf(3), { ...(entriesOf(4)[2] as ChainEntry), seq: 4 }], 4],
    ['an entry filed under another action', changed(1, { action: 'run.cancelled' }), 2],
    ['an entry filed under nobody', changed(1, { actorId: '' }), 2],
  ])('shows %s', (_, entries, seq) => {
    expect(firstFault(entries)?.seq).toBe(seq);
  });

  test('does not show what was cut off its end, and a checkpoint does', () => {
    const [last] = entriesOf(5).slice(-1) as [ChainEntry];
    const cut = entriesOf(5).slice(0, 3);
    expect(firstFault(cut)).toBeNull();
    expect(firstFault(cut, [{ seq: last.seq, hash: last.hash }])).toEqual({
      seq: 4,
      problem: 'is missing: a checkpoint was signed at 5',
    });
  });

  test('does not show that it was written anew from the beginning, and a checkpoint does', () => {
    const original = entriesOf(5)[4] as ChainEntry;
    let hash: Uint8Array = firstHash(ORG);
    const forged = entriesOf(5).map((entry) => {
      const body = entry.body.replace('u1', 'u2');
      hash = hashEntry(hash, { ...entry, body });
      return { ...entry, body, actorId: 'u2', hash };
    });
    expect(firstFault(forged)).toBeNull();
    expect(firstFault(forged, [{ seq: 5, hash: original.hash }])?.seq).toBe(5);
  });

  test('of one tenant is none of another', () => {
    const check = checkChain('00000000-0000-7000-8000-000000000002', []);
    expect(check.add(entriesOf(1)[0] as ChainEntry)?.seq).toBe(1);
  });
});

describe('a checkpoint', () => {
  const text = { orgUuid: ORG, seq: 7, hash: firstHash(ORG), at: new Date(5_000) };
  const signer = createSigner({ id: 'a', bytes: new Uint8Array(32).fill(1) });

  test('is signed alike by every process with the same secret key', () => {
    const twin = createSigner({ id: 'a', bytes: new Uint8Array(32).fill(1) });
    expect(twin.keyId).toBe(signer.keyId);
    expect(isSigned(text, twin.sign(text), signer.publicKeyPem)).toBe(true);
  });

  test.each([
    ['number', { seq: 8 }],
    ['hash', { hash: firstHash('other') }],
    ['moment', { at: new Date(5_001) }],
    ['tenant', { orgUuid: 'other' }],
  ])('holds for no other %s', (_, other) => {
    expect(isSigned({ ...text, ...other }, signer.sign(text), signer.publicKeyPem)).toBe(false);
  });

  test('holds under no other key', () => {
    const other = createSigner({ id: 'a', bytes: new Uint8Array(32).fill(2) });
    expect(isSigned(text, other.sign(text), signer.publicKeyPem)).toBe(false);
  });
});
