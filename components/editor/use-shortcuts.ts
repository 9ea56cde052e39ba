import { useEffect } from 'react';
import { useEditor } from './context.ts';
import { findShortcut } from './shortcuts.ts';

/** Where keys mean something else: fields, texts, lists that are open, buttons that are pressed with Enter. */
const TYPES = 'input, textarea, select, [contenteditable=true], [role=listbox], [role=menu], [role=dialog], [role=alertdialog]';

export function useShortcuts(): void {
  const editor = useEditor();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const shortcut = findShortcut(event);
      if (!shortcut || event.defaultPrevented || event.altKey) return;
      if (target.closest(TYPES) || editor.asked.get() !== null) return;
      if (shortcut.changes && editor.isReadOnly) return;
      // What is marked in a text on the page is copied as text.
      if (shortcut.keys === 'mod+c' && window.getSelection()?.toString()) return;
      event.preventDefault();
      void shortcut.run(editor);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [editor]);
}
