import '../no-eval.ts';
import type { Json } from '../../../server/domain/json.ts';
import type { EditorDocument } from '../model/document.ts';
import { findProblems } from '../model/find-problems.ts';
import type { Offered } from '../model/mcp/outputs.ts';
import type { EditorProblem } from '../model/problems.ts';
import { differsFrom } from './differs.ts';

/** What is not known yet is null. */
export interface Question extends Offered {
  document: EditorDocument;
  published: Json | null;
}

export interface Verdict {
  problems: EditorProblem[];
  differs: boolean;
}

self.onmessage = ({ data: { document, capabilities, mcp, published } }: MessageEvent<Question>) => {
  const verdict: Verdict = {
    problems: findProblems(document, { capabilities, mcp }),
    differs: differsFrom(document, published),
  };
  self.postMessage(verdict);
};
