import type { EditorDocument } from '../model/document.ts';
import { fingerprint, fromText } from '../model/text.ts';
import type { Reading } from './keep-in-step.ts';

export function readBeside(text: string, beside: EditorDocument): Reading {
  const read = fromText(text);
  return { ...read, isSame: read.ok && fingerprint(read.document) === fingerprint(beside) };
}
