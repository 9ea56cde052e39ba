import { keepFocus } from '../ui/keep-focus.ts';
import type { Editor } from './context.ts';
import { besideRemoved } from './model/beside-removed.ts';

/** To the next stage or connection, wherever whoever removes has them: on the canvas, or in the outline. */
export function keepPlace({ store }: Pick<Editor, 'store'>): void {
  const { document, selection } = store.get();
  const next = besideRemoved(document, selection);
  const find = (selector: string) => window.document.querySelector<HTMLElement>(selector);
  const named = (name: string) => (next === undefined ? null : find(`[data-${name}="${CSS.escape(next)}"]`));
  keepFocus((lost) => [
    lost.dataset.outlined === undefined ? null : named('outlined'),
    named('id'),
    find('[data-canvas]'),
    named('outlined'),
  ]);
}

export function removeSelected(editor: Pick<Editor, 'store'>): void {
  keepPlace(editor);
  editor.store.remove();
}
