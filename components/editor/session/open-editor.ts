import type { PipelineId } from '../../../server/domain/ids.ts';
import { type Answer, ApiError, act } from '../../data/index.ts';
import type { Editor } from '../context.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import { observable } from '../store/observable.ts';
import { TOOLS } from '../store/tools.ts';
import { createAutosave } from './autosave.ts';
import { storesOf } from './stores.ts';

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
    ...storesOf(document, TOOLS, { isReadOnly }),
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
