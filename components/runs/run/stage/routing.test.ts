import { expect, test } from 'vitest';
import { fromUuid } from '../../../../server/domain/ids.ts';
import { TRANSPORTS } from '../../../../server/domain/routing.ts';
import { runWords } from '../run-words.ts';
import { sayRouting } from './routing.ts';

const agent_id = fromUuid('agent', '1'.repeat(32));

test('what was kept of a choice is what is said', () => {
  const routing = { reason: 'best of 2: 0/4 busy', rejected: [{ agent: 'b', reason: 'full' }, 'odd'] };
  expect(sayRouting({ routing, agent_id }, { type: 'greet', transport: 'local' })).toEqual({
    reason: 'best of 2: 0/4 busy',
    rejected: [{ agent: 'b', reason: 'full' }],
  });
});

test('where nothing was kept a sentence says why, for every way to an agent and for one that is gone', () => {
  const said = [...TRANSPORTS, undefined].map(
    (transport) => sayRouting({ routing: null, agent_id }, { type: 'greet', transport }).reason,
  );
  const { why } = runWords;
  expect(said).toEqual([why.only('greet'), why.fromQueue, why.only('greet'), why.fromQueue, why.nobodyElse]);
  expect(said[0]).toContain('greet');
});

test('what no agent had was nobody’s choice', () => {
  expect(sayRouting({ routing: null, agent_id: null }, { type: 'greet', transport: undefined }).reason).toBe(
    '',
  );
});
