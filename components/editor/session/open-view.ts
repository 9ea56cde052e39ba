import type { Editor } from '../context.ts';
import type { EditorDocument } from '../model/document.ts';
import type { Tools } from '../store/editor-store.ts';
import { observable } from '../store/observable.ts';
import { createAutosave } from './autosave.ts';
import { storesOf } from './stores.ts';

const REFUSED = { refused: 'A picture is not changed.' };
const NO_TOOLS: Tools = {
  connect: () => REFUSED,
  copyItems: () => null,
  duplicate: () => null,
  paste: () => REFUSED,
  removeItems: () => ({ label: '', changes: [] }),
};

/** A picture that nobody changes: the same stores, and nothing that keeps or follows. */
export function openView(document: EditorDocument): Editor {
  const autosave = createAutosave({
    revision: 1,
    save: () => Promise.reject(new Error('a picture is not saved')),
    isStale: () => true,
    after: () => () => {},
  });
  return {
    ...storesOf(document, NO_TOOLS, { isReadOnly: true }),
    pipelineId: '',
    autosave,
    published: observable({ number: null, graph: null, differs: false }),
    follow: () => {},
    isReadOnly: true,
  };
}
