import type { Picture } from '../canvas/to-flow.ts';
import type { Asked, CanvasHandle, Connecting, RunOverlay, StageMark } from '../context.ts';
import type { Capability } from '../model/capabilities.ts';
import type { EditorDocument } from '../model/document.ts';
import type { KnownMcp } from '../model/mcp/known-mcp.ts';
import type { EditorProblem } from '../model/problems.ts';
import type { Samples } from '../model/suggestions.ts';
import { createEditorStore, type Tools } from '../store/editor-store.ts';
import { observable } from '../store/observable.ts';

export function storesOf(document: EditorDocument, tools: Tools, { isReadOnly }: { isReadOnly: boolean }) {
  return {
    store: createEditorStore(document, tools, { isReadOnly }),
    problems: observable<readonly EditorProblem[]>([]),
    isJudged: observable(true),
    severities: observable<ReadonlyMap<string, EditorProblem['severity']>>(new Map()),
    capabilities: observable<ReadonlyMap<string, Capability> | null>(null),
    mcp: observable<KnownMcp | null>(null),
    samples: observable<Samples>(new Map()),
    overlay: observable<RunOverlay | null>(null),
    connecting: observable<Connecting | null>(null),
    asked: observable<Asked | null>(null),
    canvas: observable<CanvasHandle | null>(null),
    copied: observable(''),
    marks: observable<ReadonlyMap<string, StageMark> | null>(null),
    gone: observable<Picture | null>(null),
  };
}
