import '../no-eval.ts';
import type { Json } from '../../../server/domain/json.ts';
import type { Capability } from '../model/capabilities.ts';
import type { EditorDocument } from '../model/document.ts';
import { findProblems } from '../model/find-problems.ts';
import type { EditorProblem } from '../model/problems.ts';
import { differsFrom } from './differs.ts';

export interface Question {
  document: EditorDocument;
  /** Null: not known yet. */
  capabilities: ReadonlyMap<string, Capability> | null;
  published: Json | null;
}

export interface Verdict {
  problems: EditorProblem[];
  differs: boolean;
}

self.onmessage = ({ data: { document, capabilities, published } }: MessageEvent<Question>) => {
  const verdict: Verdict = {
    problems: findProblems(document, capabilities),
    differs: differsFrom(document, published),
  };
  self.postMessage(verdict);
};
