import { isJsonObject } from '../../../server/domain/json.ts';
import { type DocumentUi, type ReadDocument, readDocumentBy } from './document.ts';

const NOTE = { text: '', width: 220, height: 120, tone: 'warn' } as const;
const GROUP = { title: '', collapsed: false } as const;

/** What the server has judged when it was published: only what was left out is filled in, so that no page that draws it needs schemas. */
export const readPublished = (value: unknown): ReadDocument => readDocumentBy(fillUi, value);

function fillUi(ui: unknown): DocumentUi | null {
  if (!isJsonObject(ui)) return null;
  const { notes = [], groups = [] } = ui as unknown as Partial<DocumentUi>;
  return {
    notes: notes.map((note) => ({ ...NOTE, ...note })),
    groups: groups.map((group) => ({ ...GROUP, ...group })),
  };
}
