import { graphUiSchema } from '../../../server/domain/graph/schema.ts';
import { type ReadDocument, readDocumentBy } from './document.ts';

/** What somebody may have written by hand. */
export const readDocument = (value: unknown): ReadDocument =>
  readDocumentBy((ui) => graphUiSchema.safeParse(ui).data ?? null, value);
