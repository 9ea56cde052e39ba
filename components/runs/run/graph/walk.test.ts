import { expect, test } from 'vitest';
import { stepFrom } from './walk.ts';

const graph = {
  dependencies: [
    { from: 'read', to: 'clean' },
    { from: 'read', to: 'count' },
    { from: 'clean', to: 'write' },
  ],
};

test('a step goes along the first wire, and nowhere from an end', () => {
  expect(stepFrom(graph, 'read', 'on')).toBe('clean');
  expect(stepFrom(graph, 'write', 'back')).toBe('clean');
  expect(stepFrom(graph, 'write', 'on')).toBeUndefined();
  expect(stepFrom(graph, 'read', 'back')).toBeUndefined();
});
