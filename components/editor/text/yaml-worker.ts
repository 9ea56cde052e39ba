import '../no-eval.ts';
import type { EditorDocument } from '../model/document.ts';
import { toYaml } from '../model/text.ts';
import type { Reading } from './keep-in-step.ts';
import { readBeside } from './reading.ts';

/** With a text it is read beside the document, without one the document is written. */
export interface TextQuestion {
  id: number;
  document: EditorDocument;
  text?: string;
}

export interface TextAnswer {
  id: number;
  answer: Reading | string;
}

self.onmessage = ({ data: { id, document, text } }: MessageEvent<TextQuestion>) => {
  const answer: TextAnswer['answer'] = text === undefined ? toYaml(document) : readBeside(text, document);
  self.postMessage({ id, answer } satisfies TextAnswer);
};
