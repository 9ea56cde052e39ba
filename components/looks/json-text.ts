import { isHidden } from '../../server/domain/hidden.ts';
import type { Json } from '../../server/domain/json.ts';
import { words } from './words.ts';

/** JSON for people to read: what is hidden says so. */
export function jsonText(value: Json): string {
  return JSON.stringify(value, (_, part: Json) => (isHidden(part) ? words.hidden : part), 2);
}
