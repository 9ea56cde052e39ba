import { countLines, layOut, readRows, rowsOf } from './line-source.ts';
import type { WorkerAnswer, WorkerQuestion } from './open-blob.ts';

/** Reads, lays out and keeps a large text away from the page, which is sent only the rows in sight. */
let text = '';
let places: Uint32Array = new Uint32Array();

const tell = (answer: WorkerAnswer) => globalThis.postMessage(answer);

globalThis.onmessage = async ({ data }: MessageEvent<WorkerQuestion>) => {
  if ('open' in data) {
    const raw = await data.open.text();
    text = data.isJson ? layOut(raw) : raw;
    places = rowsOf(text);
    tell({ rows: places.length / 2, lines: countLines(text, places) });
  } else {
    tell({ id: data.id, read: readRows(text, places, data) });
  }
};
