import { useEffect } from 'react';
import type { Editor } from '../context.ts';
import { goOnWith, keepUnsaved, takeUnsaved } from './backup.ts';

/** Every change goes to the draft; what has not got there when the page goes away is kept in the browser. */
export function useKeeping({ store, autosave, pipelineId, isReadOnly }: Editor): void {
  useEffect(() => {
    if (isReadOnly) return undefined;
    let last = store.get().document;
    const unsubscribe = store.subscribe(() => {
      const { document } = store.get();
      if (document === last) return;
      last = document;
      autosave.changed(document);
    });
    const unsaved = takeUnsaved(pipelineId);
    if (unsaved) goOnWith(unsaved, { store, autosave });
    const onLeave = () => {
      if (autosave.get().phase === 'saved') return;
      keepUnsaved(pipelineId, { revision: autosave.revision(), document: store.get().document });
    };
    window.addEventListener('pagehide', onLeave);
    return () => {
      unsubscribe();
      window.removeEventListener('pagehide', onLeave);
      // Another page of the panel: this one goes on until it is written.
      void autosave.flush().finally(() => {
        onLeave();
        autosave.stop();
      });
    };
  }, [store, autosave, pipelineId, isReadOnly]);
}
