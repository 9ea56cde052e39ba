import { expect, test } from 'vitest';
import { readDocument } from './read-document.ts';
import { readPublished } from './read-published.ts';

const STAGES = [
  { key: 'a', type: 'echo' },
  { key: 'b', type: 'echo' },
];

test('a published graph is read as the schema reads it, with what its notes and groups left out', () => {
  const graph = {
    stages: STAGES,
    dependencies: [{ from: 'a', to: 'b' }],
    deadlineSeconds: 60,
    ui: {
      notes: [
        { id: 'n1', x: 10, y: 20 },
        { id: 'n2', text: 'Why', x: 0, y: 0, width: 100, height: 50, tone: 'hold' },
      ],
      groups: [
        { id: 'g1', stages: ['a'] },
        { id: 'g2', title: 'Rest', stages: ['b'], collapsed: true },
      ],
    },
  };
  const read = readPublished(graph);
  expect(read.ok).toBe(true);
  expect(read).toEqual(readDocument(graph));
});

test('a graph without a word on its drawing has no notes and no groups', () => {
  expect(readPublished({ stages: STAGES })).toEqual(readDocument({ stages: STAGES }));
});

test('what is no graph is refused with its reason', () => {
  expect(readPublished({ stages: [{ type: 'echo' }] })).toMatchObject({ ok: false });
  expect(readPublished({ stages: STAGES, ui: 'none' })).toMatchObject({ ok: false });
});
