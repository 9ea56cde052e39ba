import { expect, test } from 'vitest';
import { explainWait } from './waiting.ts';

const NO_WISH = { requireCapabilities: [], requireLabels: [] };

test.each([
  [NO_WISH, 'No agent is registered that offers read.', 'Start an agent that offers read,'],
  [
    { ...NO_WISH, pinned: 'anna' },
    'No agent is registered that is named anna and offers read.',
    'Start the agent anna,',
  ],
  [
    { requireCapabilities: ['write'], requireLabels: ['gpu=a100', 'eu'] },
    'No agent is registered that offers read and write and has the labels gpu=a100 and eu.',
    'Start such an agent,',
  ],
])('a task for which nobody is registered says all that is asked for: %j', (selector, sentence, wayOut) => {
  const facts = { capability: 'read', since: 1, selector };
  const told = explainWait({ code: 'no-agent', blockers: ['read'] }, facts);
  expect(told.sentence).toBe(sentence);
  expect(told.wayOut).toContain(wayOut);
});

test('an agent that would do and is not there is named instead', () => {
  const facts = { capability: 'read', since: 1, selector: { ...NO_WISH, pinned: 'anna' } };
  const told = explainWait({ code: 'no-agent', blockers: ['anna'] }, facts);
  expect(told.sentence).toBe('The agents that could take it are not online: anna.');
});
