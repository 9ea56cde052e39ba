import { useKeys } from '../shell/keys/index.ts';
import { useMay } from '../shell/use-may.ts';
import { copyText, readCopied } from '../ui/clipboard.ts';
import { type Editor, useEditor } from './context.ts';
import { keyWords } from './key-words.ts';
import type { Point } from './model/document.ts';
import { addNote, groupStages } from './model/edits/extras.ts';
import { moveItems } from './model/edits/stages.ts';
import { kindOf, nameOf, noteId, stageId, stagesAmong } from './model/items.ts';
import { placeStages } from './model/layers.ts';
import { goToDetails } from './panels/details.ts';
import { keepPlace, removeSelected } from './remove-selected.ts';
import { useObserved } from './store/observable.ts';
import { takeCopy } from './take-copy.ts';
import { words } from './words.ts';

type Bindings = Parameters<typeof useKeys>[1];

/** All that the canvas can do has a key; the sheet that lists them is that of the panel. */
export function useEditorKeys(): void {
  const editor = useEditor();
  const isBusy = useObserved(editor.asked, (asked) => asked !== null);
  const isNothing = useObserved(editor.store, ({ selection }) => selection.size === 0);
  const mayRun = useMay()('run.operate');
  const off = { disabled: isBusy };
  const change = { disabled: isBusy || editor.isReadOnly };
  const changeSelected = { disabled: change.disabled || isNothing };
  useKeys(keyWords.edit, [
    ...editing(editor, { change, changeSelected, off }),
    ...moving(editor, changeSelected),
  ]);
  useKeys(keyWords.build, building(editor, change));
  useKeys(keyWords.lookAndRun, looking(editor, { off, change, run: { disabled: isBusy || !mayRun } }));
}

type Off = { disabled: boolean };

function editing(
  editor: Editor,
  { change, changeSelected, off }: { change: Off; changeSelected: Off; off: Off },
): Bindings {
  const { store } = editor;
  return [
    { keys: 'mod+z', label: keyWords.undo, ...change, run: store.undo },
    { keys: ['mod+shift+z', 'mod+y'], label: keyWords.redo, ...change, run: store.redo },
    { keys: 'mod+c', label: keyWords.copy, ...off, run: () => void copy(editor) },
    {
      ...{ keys: 'mod+x', label: keyWords.cut, ...changeSelected },
      run: () => void copy(editor, true),
    },
    { keys: 'mod+v', label: keyWords.paste, ...change, run: () => void paste(editor) },
    { keys: 'mod+d', label: keyWords.duplicate, ...changeSelected, run: () => void store.duplicate() },
    {
      keys: ['delete', 'backspace'],
      label: keyWords.delete,
      ...changeSelected,
      run: () => removeSelected(editor),
    },
    { keys: 'mod+a', label: keyWords.selectAll, ...off, run: store.selectAll },
    {
      ...{ keys: 'shift+enter', label: keyWords.toggle, ...off },
      run() {
        const id = itemWithFocus();
        if (id === undefined) store.say(words.goToSomethingFirst);
        else store.toggle(id);
      },
    },
    { keys: 'esc', label: keyWords.selectNothing, ...off, run: () => store.select([]) },
  ];
}

const STEPS = {
  up: { x: 0, y: -10 },
  down: { x: 0, y: 10 },
  left: { x: -10, y: 0 },
  right: { x: 10, y: 0 },
} as const;
const FAR = 10;

function moving(editor: Editor, off: Off): Bindings {
  return (['up', 'down', 'left', 'right'] as const).flatMap((direction) => {
    const { x, y } = STEPS[direction];
    return [
      { keys: direction, label: keyWords.move[direction], ...off, run: () => nudge(editor, { x, y }) },
      {
        ...{ keys: `shift+${direction}`, label: keyWords.moveFar[direction], ...off },
        run: () => nudge(editor, { x: x * FAR, y: y * FAR }),
      },
    ];
  });
}

function building(editor: Editor, change: Off): Bindings {
  const { store, asked, canvas } = editor;
  return [
    {
      ...{ keys: ['a', '/'], label: keyWords.addStage, leads: true, ...change },
      run: () => asked.set({ kind: 'add', at: null }),
    },
    {
      ...{ keys: 'c', label: keyWords.connect, ...change },
      run() {
        const from = stageAtHand(editor);
        if (from === undefined) store.say(keyWords.connectWhich);
        else asked.set({ kind: 'connect', from });
      },
    },
    {
      ...{ keys: 'n', label: keyWords.addNote, ...change },
      run: () => void store.perform(addNote(store.get().document, canvas.get()?.middle() ?? { x: 0, y: 0 })),
    },
    {
      ...{ keys: 'g', label: keyWords.group, ...change },
      run() {
        const { document, selection } = store.get();
        store.perform(groupStages(document, stagesAmong(document, selection)));
      },
    },
    {
      ...{ keys: 'l', label: keyWords.tidyUp, ...change },
      run: () =>
        void canvas
          .get()
          ?.layOut()
          .catch((error: Error) => store.say(error.message)),
    },
  ];
}

function looking(editor: Editor, { off, change, run }: Record<'off' | 'change' | 'run', Off>): Bindings {
  const { asked, canvas } = editor;
  // From a field beside the canvas, too: the browser would save or search the page.
  const whileTyping = true;
  const leads = true;
  return [
    {
      ...{ keys: 'mod+enter', label: keyWords.run, leads, whileTyping, ...run },
      run: () => asked.set({ kind: 'run', from: null }),
    },
    {
      ...{ keys: 'mod+s', label: keyWords.publish, leads, whileTyping, ...change },
      run: () => asked.set({ kind: 'publish', thenRun: false }),
    },
    { keys: 'd', label: keyWords.dryRun, leads, ...off, run: () => asked.set({ kind: 'dry-run' }) },
    { keys: 'mod+f', label: keyWords.find, whileTyping, ...off, run: () => asked.set({ kind: 'search' }) },
    { keys: 'e', label: keyWords.details, ...off, run: () => goToDetails() },
    { keys: '1', label: keyWords.showAll, ...off, run: () => canvas.get()?.fit() },
    { keys: '0', label: keyWords.zoom, ...off, run: () => canvas.get()?.zoomTo(1) },
  ];
}

/** What the browser forbids to be read from its clipboard, as in another tab's, is remembered here as well. */
async function copy(editor: Editor, isCut = false): Promise<void> {
  if (isCut) keepPlace(editor);
  const text = takeCopy(editor, { marked: window.getSelection()?.toString() ?? '', isCut });
  if (text) await copyText(text);
}

async function paste({ store, copied, canvas }: Editor): Promise<void> {
  const text = await readCopied();
  if (!store.paste(text || copied.get())) return;
  const [first] = store.get().selection;
  // Once it is drawn: it may come from another pipeline, whose stages lie elsewhere.
  if (first !== undefined) requestAnimationFrame(() => canvas.get()?.reveal(first));
}

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

/** On the canvas or in the outline. */
function itemWithFocus(): string | undefined {
  const focused = window.document.activeElement;
  const item = focused?.closest<HTMLElement>('.react-flow__node, .react-flow__edge, [data-outlined]');
  return item?.dataset.id ?? item?.dataset.outlined;
}

/** The one stage that is selected, or has the focus. */
function stageAtHand({ store }: Editor): string | undefined {
  const { selection } = store.get();
  const [only] = selection;
  const id = itemWithFocus() ?? (selection.size === 1 ? only : undefined);
  return id !== undefined && kindOf(id) === 'stage' ? nameOf(id) : undefined;
}
