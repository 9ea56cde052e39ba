import { type EditorDocument, type StageItem, titleOf, type Wire } from './document.ts';
import { inOrder } from './wiring.ts';
import { notes } from './words.ts';

export interface OutlineRow {
  stage: StageItem;
  title: string;
  outgoing: readonly { wire: Wire; title: string }[];
}

/** The pipeline as a list, in an order in which its stages can run: what the canvas shows, for reading and for keys. */
export function outlineOf(document: EditorDocument): OutlineRow[] {
  const stages = new Map(document.stages.map((stage) => [stage.key, stage]));
  const outgoing = Map.groupBy(document.dependencies, ({ from }) => from);
  return inOrder(document).flatMap((key) => {
    const stage = stages.get(key);
    if (!stage) return [];
    const onward = (outgoing.get(key) ?? []).map((wire) => {
      const next = stages.get(wire.to);
      return { wire, title: next ? titleOf(next) : wire.to };
    });
    return [{ stage, title: titleOf(stage), outgoing: onward }];
  });
}

/** Stages whose name, key or type has the words in it. */
export function search(document: EditorDocument, words: string): StageItem[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  return document.stages.filter((stage) => {
    const text = `${titleOf(stage)} ${stage.key} ${stage.type}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** When a wire is taken, in a word or two. Null: on success, which needs no word. */
export function whenLabel({ when }: Wire): string | null {
  if (when === undefined || when === 'success') return null;
  if (when === 'failure') return notes.onFailure;
  if (when === 'always') return notes.always;
  const expression = (when as { expression?: unknown } | null)?.expression;
  return typeof expression === 'string' ? expression : notes.when;
}
