import type { PipelineId } from '../../../server/domain/ids.ts';
import { type Answer, ApiError, act } from '../../data/index.ts';
import type { Asked, CanvasHandle, Connecting, Editor, RunOverlay, StageMark } from '../context.ts';
import type { Capability } from '../model/capabilities.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import type { EditorProblem } from '../model/problems.ts';
import type { Samples } from '../model/suggestions.ts';
import { createEditorStore } from '../store/editor-store.ts';
import { observable } from '../store/observable.ts';
import { createAutosave } from './autosave.ts';

export type Pipeline = Answer<'pipelines.get'>;

/** Everything that belongs to one open editor, made once. */
export function openEditor(
  pipeline: Pipeline,
  {
    document,
    isReadOnly,
    follow,
  }: { document: EditorDocument; isReadOnly: boolean; follow: Editor['follow'] },
): Editor {
  const id = pipeline.id as PipelineId;
  const autosave = createAutosave({
    revision: pipeline.draft?.revision ?? 1,
    async save(revision, next) {
      const saved = await act('pipelines.saveDraft', { id, revision, document: writeDocument(next) });
      return saved.revision;
    },
    isStale: (error) => error instanceof ApiError && error.code === 'STALE_REVISION',
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  return {
    ...storesOf(document),
    pipelineId: pipeline.id,
    autosave,
    published: observable({
      number: pipeline.version?.number ?? null,
      graph: pipeline.version?.graph ?? null,
      differs: false,
    }),
    follow,
    isReadOnly,
  };
}

/** A picture that nobody changes: the same stores, and nothing that keeps or follows. */
export function openView(document: EditorDocument): Editor {
  const autosave = createAutosave({
    revision: 1,
    save: () => Promise.reject(new Error('a picture is not saved')),
    isStale: () => true,
    after: () => () => {},
  });
  return {
    ...storesOf(document),
    pipelineId: '',
    autosave,
    published: observable({ number: null, graph: null, differs: false }),
    follow: () => {},
    isReadOnly: true,
  };
}

function storesOf(document: EditorDocument) {
  return {
    store: createEditorStore(document),
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
