import type { EditorDocument } from '../model/document.ts';
import type { FromText, TextFault } from '../model/text.ts';
import { type Observable, observable } from '../store/observable.ts';

/** What a text says, and whether that is what the document said already. */
export type Reading = FromText & { isSame: boolean };

/** Reads and writes elsewhere: of a thousand stages that takes seconds. */
export interface Scribe {
  read(text: string, beside: EditorDocument): Promise<Reading>;
  write(document: EditorDocument): Promise<string>;
}

interface Sides {
  document(): EditorDocument;
  replace(before: EditorDocument, after: EditorDocument): void;
  scribe: Scribe;
  /** Here and now, for who leaves before it was read elsewhere. */
  readNow(text: string, beside: EditorDocument): Reading;
}

export interface TextState {
  /** None yet: it is being written. */
  text: string | undefined;
  faults: readonly TextFault[];
  /** The canvas has moved on, and the text, which cannot be read, was not overwritten. */
  isBehind: boolean;
}

export interface InStep extends Observable<TextState> {
  type(text: string): void;
  /** The document has changed. */
  follow(): void;
  /** Somebody goes: what was typed counts now. */
  flush(): void;
  /** What cannot be read is given up for what the canvas shows. */
  takeCanvas(): void;
  stop(): void;
}

const READ_AFTER_MS = 200;
const WRITE_AFTER_MS = 250;

/** A text and a document that say the same. What is typed is never overwritten before it has been read. */
export function keepInStep({ document, replace, scribe, readNow }: Sides): InStep {
  const state = observable<TextState>({ text: undefined, faults: [], isBehind: false });
  /** The document that the text says. */
  let said: EditorDocument | undefined;
  let isUnread = false;
  let isStopped = false;
  let reading: ReturnType<typeof setTimeout> | undefined;
  let writing: ReturnType<typeof setTimeout> | undefined;

  const isHeld = () => isUnread || state.get().faults.length > 0;
  const show = (change: Partial<TextState>) => state.set({ ...state.get(), ...change });

  const take = (answer: Reading, beside: EditorDocument) => {
    isUnread = false;
    show({ faults: answer.ok ? [] : answer.faults });
    if (answer.ok && answer.isSame) said = beside;
    else if (answer.ok) {
      replace(document(), answer.document);
      said = document();
    }
    follow();
  };

  const read = async () => {
    const [text, beside] = [state.get().text ?? '', document()];
    const answer = await scribe.read(text, beside);
    // Whoever typed on, or left, is read by another.
    if (isUnread && !isStopped && state.get().text === text) take(answer, beside);
  };

  const write = async () => {
    const written = document();
    const text = await scribe.write(written);
    if (isStopped || isHeld() || said === written || document() !== written) return;
    said = written;
    show({ text });
  };

  const follow = () => {
    clearTimeout(writing);
    const isBehind = document() !== said;
    show({ isBehind: isBehind && state.get().faults.length > 0 });
    if (isBehind && !isHeld()) writing = setTimeout(write, WRITE_AFTER_MS);
  };

  const flush = () => {
    if (!isUnread) return;
    clearTimeout(reading);
    const beside = document();
    take(readNow(state.get().text ?? '', beside), beside);
  };

  void write();
  return {
    ...state,
    type(text) {
      isUnread = true;
      show({ text });
      clearTimeout(reading);
      reading = setTimeout(read, READ_AFTER_MS);
    },
    follow,
    flush,
    takeCanvas() {
      clearTimeout(reading);
      isUnread = false;
      said = undefined;
      show({ faults: [], isBehind: false });
      void write();
    },
    stop() {
      flush();
      isStopped = true;
      clearTimeout(reading);
      clearTimeout(writing);
    },
  };
}
