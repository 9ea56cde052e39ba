import { isHidden } from '../../server/domain/hidden.ts';
import type { Json } from '../../server/domain/json.ts';

const HIDDEN_TEXT = '(hidden: marked sensitive)';

/** JSON for people to read: what is hidden says so. */
export function jsonText(value: Json): string {
  return JSON.stringify(value, (_, part: Json) => (isHidden(part) ? HIDDEN_TEXT : part), 2);
}
