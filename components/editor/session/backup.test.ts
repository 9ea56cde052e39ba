import { describe, expect, test } from 'vitest';
import { type EditorDocument, EMPTY_DOCUMENT } from '../model/document.ts';
import { createEditorStore } from '../store/editor-store.ts';
import { TOOLS } from '../store/tools.ts';
import { createAutosave } from './autosave.ts';
import { goOnWith, keepUnsaved, takeUnsaved } from './backup.ts';

const ID = 'pipe_1';
const named = (name: string): EditorDocument => ({ ...EMPTY_DOCUMENT, settings: { name } });
const settle = () => new Promise((resolve) => setImmediate(resolve));

function makeStorage() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, text: string) => void items.set(key, text),
    removeItem: (key: string) => void items.delete(key),
  };
}

/** An editor opened on a draft as a server keeps it, which refuses what was made from another revision. */
function openOn(draft: { revision: number; document: EditorDocument }) {
  class Stale extends Error {}
  const store = createEditorStore(draft.document, TOOLS);
  const autosave = createAutosave({
    revision: draft.revision,
    async save(revision, document) {
      await Promise.resolve();
      if (revision !== draft.revision) throw new Stale();
      draft.document = document;
      return ++draft.revision;
    },
    isStale: (error) => error instanceof Stale,
    after: () => () => undefined,
  });
  store.subscribe(() => autosave.changed(store.get().document));
  return { store, autosave };
}

describe('what was not saved when a page went away', () => {
  test('is there once, with the revision that it was made from', () => {
    const storage = makeStorage();
    keepUnsaved(ID, { revision: 3, document: named('mine') }, storage);
    expect(takeUnsaved('pipe_2', storage)).toBeNull();
    expect(takeUnsaved(ID, storage)).toMatchObject({ revision: 3, document: named('mine') });
    expect(takeUnsaved(ID, storage)).toBeNull();
  });

  test('is saved when the page is opened again', async () => {
    const draft = { revision: 3, document: named('before') };
    const editor = openOn(draft);
    goOnWith({ revision: 3, document: named('mine') }, editor);
    await settle();
    expect(editor.autosave.get().phase).toBe('saved');
    expect(draft).toMatchObject({ revision: 4, document: named('mine') });
  });

  test('is a conflict where somebody has saved since, and both are there still', async () => {
    const draft = { revision: 4, document: named('theirs') };
    const editor = openOn(draft);
    goOnWith({ revision: 3, document: named('mine') }, editor);
    await settle();
    expect(editor.autosave.get().phase).toBe('conflict');
    // Leaving once more keeps it once more, for the same question.
    expect(editor.autosave.revision()).toBe(3);
    expect(editor.store.get().document).toMatchObject(named('mine'));
    expect(draft).toMatchObject({ revision: 4, document: named('theirs') });
  });

  test('is no conflict where it had got there after all', async () => {
    const draft = { revision: 4, document: named('mine') };
    const editor = openOn(draft);
    goOnWith({ revision: 3, document: named('mine') }, editor);
    await settle();
    expect(editor.autosave.get().phase).toBe('saved');
    expect(editor.autosave.revision()).toBe(4);
  });
});
