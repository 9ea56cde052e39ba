import type { Asked, CanvasHandle, Connecting, RunOverlay, StageMark } from '../context.ts';
import type { Capability } from '../model/capabilities.ts';
import type { EditorDocument } from '../model/document.ts';
import type { EditorProblem } from '../model/problems.ts';
import type { paste as pasteText } from '../model/read-clip.ts';
import type { Samples } from '../model/suggestions.ts';
import { createEditorStore } from '../store/editor-store.ts';
import { observable } from '../store/observable.ts';

export function storesOf(document: EditorDocument, paste: typeof pasteText) {
  return {
    store: createEditorStore(document, paste),
    problems: observable<readonly EditorProblem[]>([]),
    severities: observable<ReadonlyMap<string, EditorProblem['severity']>>(new Map()),
    capabilities: observable<ReadonlyMap<string, Capability> | null>(null),
    samples: observable<Samples>(new Map()),
    overlay: observable<RunOverlay | null>(null),
    connecting: observable<Connecting | null>(null),
    asked: observable<Asked | null>(null),
    canvas: observable<CanvasHandle | null>(null),
    copied: observable(''),
    marks: observable<ReadonlyMap<string, StageMark> | null>(null),
  };
}
