import { expect, test } from 'vitest';
import { EMPTY_DOCUMENT, placeOf } from './model/document.ts';
import { stageId } from './model/items.ts';
import { createEditorStore } from './store/editor-store.ts';
import { observable } from './store/observable.ts';
import { TOOLS } from './store/tools.ts';
import { takeCopy } from './take-copy.ts';

function makeEditor() {
  const stages = ['a', 'b'].map((key, at) => ({ key, type: 'echo', ui: { x: at * 300, y: 0 } }));
  const store = createEditorStore({ ...EMPTY_DOCUMENT, stages }, TOOLS);
  store.select([stageId('a')]);
  const keys = () => store.get().document.stages.map(({ key }) => key);
  const places = () => store.get().document.stages.map(placeOf);
  return { store, copied: observable(''), keys, places };
}

test('cutting takes marked words and leaves the stage, or takes the stage', () => {
  const editor = makeEditor();
  expect(takeCopy(editor, { marked: 'some words', isCut: true })).toBe('some words');
  expect([editor.keys(), editor.copied.get()]).toEqual([['a', 'b'], '']);
  const text = takeCopy(editor, { marked: '', isCut: true });
  expect(editor.keys()).toEqual(['b']);
  expect(editor.copied.get()).toBe(text);
  expect(editor.store.paste(text ?? '')).toBe(true);
  expect(editor.keys()).toEqual(['b', 'a']);
});

test('what is pasted again and again lies on nothing that is there', () => {
  const editor = makeEditor();
  const text = takeCopy(editor, { marked: '', isCut: false }) ?? '';
  for (let times = 0; times < 3; times++) editor.store.paste(text);
  expect(editor.places()).toEqual([
    { x: 0, y: 0 },
    { x: 300, y: 0 },
    { x: 40, y: 40 },
    { x: 80, y: 80 },
    { x: 120, y: 120 },
  ]);
});
