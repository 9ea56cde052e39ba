import type { EditorDocument } from '../model/document.ts';
import { type Observable, observable } from '../store/observable.ts';

export type SaveState =
  | { phase: 'saved' }
  | { phase: 'waiting' }
  | { phase: 'saving' }
  /** It is tried again by itself. */
  | { phase: 'unsaved'; message: string }
  /** Somebody else has saved since. Nothing is written until a person has decided. */
  | { phase: 'conflict' };

export interface AutosaveOptions {
  revision: number;
  /** Writes on that revision and no other; answers with the new one. */
  save(revision: number, document: EditorDocument): Promise<number>;
  isStale(error: unknown): boolean;
  /** A timer; answers with what cancels it. */
  after(ms: number, run: () => void): () => void;
}

export interface Autosave extends Observable<SaveState> {
  revision(): number;
  changed(document: EditorDocument): void;
  /** Writes now what waits; true when the draft is what the editor shows. */
  flush(): Promise<boolean>;
  /** What the editor shows is now this revision of the draft. */
  adopt(revision: number): void;
  stop(): void;
}

export const SAVE_AFTER_MS = 700;
const RETRY_MS = [2_000, 5_000, 15_000, 30_000];

export function createAutosave({ revision: first, save, isStale, after }: AutosaveOptions): Autosave {
  const state = observable<SaveState>({ phase: 'saved' });
  let revision = first;
  let pending: EditorDocument | null = null;
  let saving: Promise<void> | null = null;
  let cancel = () => {};
  let failures = 0;
  let isStopped = false;

  const schedule = (ms: number) => {
    cancel();
    cancel = isStopped ? () => {} : after(ms, () => void write());
  };

  const write = (): Promise<void> => {
    cancel();
    saving ??= writeOnce().finally(() => {
      saving = null;
    });
    return saving;
  };

  const writeOnce = async () => {
    const document = pending;
    if (!document || state.get().phase === 'conflict') return;
    pending = null;
    state.set({ phase: 'saving' });
    try {
      revision = await save(revision, document);
      failures = 0;
      state.set({ phase: pending === null ? 'saved' : 'waiting' });
      if (pending !== null) schedule(SAVE_AFTER_MS);
    } catch (error) {
      pending ??= document;
      if (isStale(error)) {
        state.set({ phase: 'conflict' });
        return;
      }
      state.set({ phase: 'unsaved', message: error instanceof Error ? error.message : String(error) });
      schedule(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0);
    }
  };

  return {
    ...state,
    revision: () => revision,
    changed(document) {
      pending = document;
      const { phase } = state.get();
      if (phase === 'conflict') return;
      if (phase === 'saved') state.set({ phase: 'waiting' });
      if (phase !== 'saving') schedule(SAVE_AFTER_MS);
    },
    async flush() {
      // What was changed while it was written is written too.
      while (saving !== null || pending !== null) {
        const { phase } = state.get();
        if (phase === 'conflict') return false;
        await write();
        if (state.get().phase === 'unsaved') return false;
      }
      return state.get().phase === 'saved';
    },
    adopt(next) {
      cancel();
      revision = next;
      pending = null;
      state.set({ phase: 'saved' });
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
