import type { EditorDocument } from '../model/document.ts';
import type { Reading, Scribe } from './keep-in-step.ts';
import type { TextAnswer, TextQuestion } from './yaml-worker.ts';

/** In a thread of its own, beside the one that judges: neither waits for the other. */
export function openScribe(): Scribe & { stop(): void } {
  const worker = new Worker(new URL('./yaml-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, (answer: TextAnswer['answer']) => void>();
  let last = 0;
  worker.onmessage = ({ data: { id, answer } }: MessageEvent<TextAnswer>) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  };
  const ask = (document: EditorDocument, text?: string) =>
    new Promise<TextAnswer['answer']>((resolve) => {
      const id = ++last;
      waiting.set(id, resolve);
      worker.postMessage({ id, document, ...(text === undefined ? {} : { text }) } satisfies TextQuestion);
    });
  return {
    read: (text, beside) => ask(beside, text) as Promise<Reading>,
    write: (document) => ask(document) as Promise<string>,
    stop: () => worker.terminate(),
  };
}
