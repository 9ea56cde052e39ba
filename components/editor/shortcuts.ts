import type { Editor } from './context.ts';
import { addNote, groupStages } from './model/edits/extras.ts';
import { moveItems } from './model/edits/stages.ts';
import { kindOf, nameOf, noteId, stageId, stagesAmong } from './model/items.ts';
import { placeStages } from './model/layers.ts';
import type { Point } from './model/document.ts';

export interface Shortcut {
  /** As it is typed and shown: `mod` is Ctrl, and ⌘ on a Mac. */
  keys: string;
  label: string;
  group: 'Edit' | 'Build' | 'Look' | 'Run';
  /** Not for whoever may only look. */
  changes?: boolean;
  run(editor: Editor): void | Promise<void>;
}

/** The clipboard of other tabs may be forbidden; what was copied here is remembered here as well. */
let copied = '';

const copy = async ({ store }: Editor) => {
  const text = store.copy();
  if (text === null) return;
  copied = text;
  store.say('Copied');
  await navigator.clipboard.writeText(text).catch(() => undefined);
};

const paste = async ({ store }: Editor) => {
  const text = await navigator.clipboard.readText().catch(() => copied);
  store.paste(text === '' ? copied : text);
};

function nudge({ store }: Editor, shift: Point): void {
  const { document, selection } = store.get();
  const places = placeStages(document);
  const moved = new Map<string, Point>();
  for (const key of stagesAmong(document, selection)) {
    const at = places.get(key);
    if (at) moved.set(stageId(key), { x: at.x + shift.x, y: at.y + shift.y });
  }
  for (const { id, x, y } of document.notes) {
    if (selection.has(noteId(id))) moved.set(noteId(id), { x: x + shift.x, y: y + shift.y });
  }
  store.perform(moveItems(document, moved, { burst: 'nudge' }));
}

/** The one stage that is selected, or has the focus. */
function stageAtHand({ store }: Editor): string | undefined {
  const { selection } = store.get();
  const [only] = selection;
  const focused = document.activeElement?.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  const id = selection.size === 1 ? only : focused;
  return id !== undefined && kindOf(id) === 'stage' ? nameOf(id) : undefined;
}

const STEPS = { up: { x: 0, y: -1 }, down: { x: 0, y: 1 }, left: { x: -1, y: 0 }, right: { x: 1, y: 0 } } as const;
const NAMES = { up: 'up', down: 'down', left: 'to the left', right: 'to the right' } as const;

const moves = (['up', 'down', 'left', 'right'] as const).flatMap((direction): Shortcut[] =>
  ([['', 10], ['shift+', 100]] as const).map(([prefix, size]) => ({
    keys: `${prefix}${direction}`,
    label: `Move ${prefix === '' ? '' : 'far '}${NAMES[direction]}`,
    group: 'Edit',
    changes: true,
    run: (editor) => nudge(editor, { x: STEPS[direction].x * size, y: STEPS[direction].y * size }),
  })),
);

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'mod+z', label: 'Undo', group: 'Edit', changes: true, run: ({ store }) => store.undo() },
  { keys: 'mod+shift+z', label: 'Redo', group: 'Edit', changes: true, run: ({ store }) => store.redo() },
  { keys: 'mod+c', label: 'Copy', group: 'Edit', run: copy },
  {
    ...{ keys: 'mod+x', label: 'Cut', group: 'Edit', changes: true },
    async run(editor) {
      await copy(editor);
      editor.store.remove();
    },
  },
  { keys: 'mod+v', label: 'Paste', group: 'Edit', changes: true, run: paste },
  { keys: 'mod+d', label: 'Duplicate', group: 'Edit', changes: true, run: ({ store }) => void store.duplicate() },
  { keys: 'mod+a', label: 'Select everything', group: 'Edit', run: ({ store }) => store.selectAll() },
  { keys: 'esc', label: 'Select nothing', group: 'Edit', run: ({ store }) => store.select([]) },
  { keys: 'del', label: 'Delete', group: 'Edit', changes: true, run: ({ store }) => store.remove() },
  ...moves,
  {
    ...{ keys: 'a', label: 'Add a stage after this one', group: 'Build', changes: true },
    run: ({ asked }) => asked.set({ kind: 'add', at: null }),
  },
  {
    ...{ keys: 'c', label: 'Connect this stage to…', group: 'Build', changes: true },
    run(editor) {
      const from = stageAtHand(editor);
      if (from === undefined) editor.store.say('Select the stage first that the connection starts from.');
      else editor.asked.set({ kind: 'connect', from });
    },
  },
  {
    ...{ keys: 'n', label: 'Add a note', group: 'Build', changes: true },
    run: ({ store, canvas }) =>
      void store.perform(addNote(store.get().document, canvas.get()?.middle() ?? { x: 0, y: 0 })),
  },
  {
    ...{ keys: 'g', label: 'Group the selected stages', group: 'Build', changes: true },
    run({ store }) {
      const { document, selection } = store.get();
      store.perform(groupStages(document, stagesAmong(document, selection)));
    },
  },
  {
    ...{ keys: 'l', label: 'Tidy up', group: 'Build', changes: true },
    run: ({ canvas, store }) => canvas.get()?.layOut().catch((error: Error) => store.say(error.message)),
  },
  { keys: 'mod+f', label: 'Find a stage', group: 'Look', run: ({ asked }) => asked.set({ kind: 'search' }) },
  { keys: '1', label: 'Show all of it', group: 'Look', run: ({ canvas }) => canvas.get()?.fit() },
  { keys: '0', label: 'Zoom to 100 %', group: 'Look', run: ({ canvas }) => canvas.get()?.zoomTo(1) },
  { keys: '?', label: 'These keys', group: 'Look', run: ({ asked }) => asked.set({ kind: 'keys' }) },
  {
    ...{ keys: 'mod+s', label: 'Publish', group: 'Run', changes: true },
    run: ({ asked }) => asked.set({ kind: 'publish', thenRun: false }),
  },
  { keys: 'mod+enter', label: 'Run', group: 'Run', run: ({ asked }) => asked.set({ kind: 'run', from: null }) },
  { keys: 'd', label: 'Dry run', group: 'Run', run: ({ asked }) => asked.set({ kind: 'dry-run' }) },
];

const NAMED: Record<string, string> = {
  Delete: 'del',
  Backspace: 'del',
  Escape: 'esc',
  Enter: 'enter',
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/** Signs that need shift on some keyboards, such as `?`, stand for themselves. */
export function findShortcut({ key, ctrlKey, metaKey, shiftKey }: Pressed): Shortcut | undefined {
  const name = NAMED[key] ?? key.toLowerCase();
  const isSign = /^[^a-z0-9]$/i.test(name);
  const prefix = `${ctrlKey || metaKey ? 'mod+' : ''}${shiftKey && !isSign ? 'shift+' : ''}`;
  const keys = `${prefix}${name}`;
  return SHORTCUTS.find((shortcut) => shortcut.keys === (keys === 'mod+y' ? 'mod+shift+z' : keys));
}
