import { expect, test } from 'vitest';
import { type EditorDocument, EMPTY_DOCUMENT } from '../model/document.ts';
import { paintGone } from './paint-gone.ts';

const stage = (key: string, x: number, y: number) => ({ key, type: 'echo', ui: { x, y } });
const document = (parts: Partial<EditorDocument>): EditorDocument => ({ ...EMPTY_DOCUMENT, ...parts });

const BEFORE = document({
  stages: [stage('read', 0, 0), stage('clean', 260, 0), stage('write', 520, 0)],
  dependencies: [
    { from: 'read', to: 'clean' },
    { from: 'clean', to: 'write' },
    { from: 'read', to: 'write' },
  ],
});

const ends = ({ edges }: ReturnType<typeof paintGone>) => edges.map(({ source, target }) => [source, target]);

test('nothing is gone from what says the same', () => {
  expect(paintGone(BEFORE, BEFORE)).toEqual({ nodes: [], edges: [] });
});

test('a stage that is gone stands where it stood, with its wires to what is still there', () => {
  const now = document({
    stages: [stage('read', 0, 0), stage('write', 520, 0)],
    dependencies: [{ from: 'read', to: 'write' }],
  });
  const gone = paintGone(BEFORE, now);
  expect(gone.nodes).toMatchObject([
    { id: 'gone:clean', position: { x: 260, y: 0 }, selectable: false, draggable: false },
  ]);
  expect(ends(gone)).toEqual([
    ['stage:read', 'gone:clean'],
    ['gone:clean', 'stage:write'],
  ]);
});

test('it moves out of the way of what has taken its place', () => {
  const now = document({ stages: [stage('read', 0, 0), stage('other', 300, 20), stage('write', 520, 0)] });
  expect(paintGone(BEFORE, now).nodes).toMatchObject([{ id: 'gone:clean', position: { x: 260, y: 80 } }]);
});

test('a wire alone may be gone, and ends at the folded group that one of its stages is in now', () => {
  const now = document({
    ...BEFORE,
    dependencies: [{ from: 'read', to: 'clean' }],
    groups: [{ id: 'g', title: '', stages: ['clean', 'write'], collapsed: true }],
  });
  const gone = paintGone(BEFORE, now);
  expect(gone.nodes).toEqual([]);
  expect(ends(gone)).toEqual([['stage:read', 'group:g']]);
});
