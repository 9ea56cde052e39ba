import { useEffect } from 'react';
import { canonicalDocument } from '../../../server/domain/graph/canonical.ts';
import { graphSchema } from '../../../server/domain/graph/schema.ts';
import type { Json } from '../../../server/domain/json.ts';
import type { Editor } from '../context.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import { findProblems } from '../model/problems.ts';

/** After the last letter of a word, not after each. */
const AFTER_MS = 200;

/** Keeps what is wrong, and whether the draft differs from what is published, up with the document. */
export function useJudge(editor: Editor): void {
  useEffect(() => {
    const { store, capabilities, problems, published } = editor;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const judge = () => {
      const { document } = store.get();
      problems.set(findProblems(document, capabilities.get()));
      const known = published.get();
      const differs = differsFrom(document, known.graph);
      if (differs !== known.differs) published.set({ ...known, differs });
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(judge, AFTER_MS);
    };
    let last: unknown;
    const onChange = () => {
      const { document } = store.get();
      if (document === last) return;
      last = document;
      soon();
    };
    // The first look waits too: a pipeline of a thousand stages is drawn before it is judged.
    onChange();
    const stops = [store.subscribe(onChange), capabilities.subscribe(soon), published.subscribe(soon)];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [editor]);
}

/** By what the two say, not by how they are written: a draft that nobody has changed is no draft to publish. */
export function differsFrom(document: EditorDocument, graph: Json | null): boolean {
  if (document.stages.length === 0) return false;
  const parsed = graphSchema.safeParse(writeDocument(document));
  if (!parsed.success || graph === null) return true;
  const published = graphSchema.safeParse(graph);
  if (!published.success) return true;
  return JSON.stringify(canonicalDocument(parsed.data)) !== JSON.stringify(canonicalDocument(published.data));
}
