import { runWords } from '../run-words.ts';
import type { LineSource } from './line-source.ts';

export type WorkerQuestion = { open: Blob; isJson: boolean } | { id: number; from: number; to: number };
export type WorkerAnswer = { rows: number; lines: number } | { id: number; read: string[] };

/** A text of any size, kept by a worker: the page never holds more of it than it shows. */
export function openBlob(blob: Blob, isJson: boolean): Promise<LineSource> {
  const worker = new Worker(new URL('./text.worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, (lines: string[]) => void>();
  let questions = 0;
  const ask = (question: WorkerQuestion) => worker.postMessage(question);
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => {
      worker.terminate();
      reject(new Error(event.message || runWords.data.tooLarge));
    };
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
      if ('read' in data) {
        waiting.get(data.id)?.(data.read);
        waiting.delete(data.id);
        return;
      }
      resolve({
        rows: data.rows,
        lines: data.lines,
        read(from, to) {
          const id = ++questions;
          return new Promise((answer) => {
            waiting.set(id, answer);
            ask({ id, from, to });
          });
        },
        close: () => worker.terminate(),
      });
    };
    ask({ open: blob, isJson });
  });
}
