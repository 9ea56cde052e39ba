import { expect, test } from 'vitest';
import { besideRemoved } from './beside-removed.ts';
import { readDocument } from './read-document.ts';

const read = readDocument({
  stages: ['a', 'b', 'c'].map((key) => ({ key, type: 'echo' })),
  dependencies: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
  ],
  ui: {
    notes: [
      { id: 'n1', text: 'one', x: 0, y: 0, width: 100, height: 60 },
      { id: 'n2', text: 'two', x: 0, y: 0, width: 100, height: 60 },
    ],
    groups: [{ id: 'g1', title: 'Both', stages: ['a', 'b'] }],
  },
});
if (!read.ok) throw new Error(read.reason);
const { document } = read;
const beside = (...ids: string[]) => besideRemoved(document, new Set(ids));

test('beside what is removed stands the next of its kind that stays, else the one before', () => {
  expect(beside('stage:a')).toBe('stage:b');
  expect(beside('stage:c')).toBe('stage:b');
  expect(beside('stage:a', 'stage:b')).toBe('stage:c');
  expect(beside('wire:a→b')).toBe('wire:b→c');
  expect(beside('wire:b→c')).toBe('wire:a→b');
  expect(beside('note:n1')).toBe('note:n2');
});

test('with a group its stages go, and a stage counts more than the wire that goes with it', () => {
  expect(beside('group:g1')).toBe('stage:c');
  expect(beside('stage:b', 'wire:a→b')).toBe('stage:c');
});

test('beside all stages there is none', () => {
  expect(beside('stage:a', 'stage:b', 'stage:c')).toBeUndefined();
  expect(beside()).toBeUndefined();
});
