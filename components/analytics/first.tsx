import { formatCount } from '../ui/format.ts';
import { words } from './words.ts';

/** Under a table that has only the first of what there is: how many others, and where they are. */
export function First({ shown, of }: { shown: number; of: number }) {
  if (of <= shown) return null;
  return (
    <p className="border-t border-line px-4 py-3 text-sm text-quiet">
      {words.first(formatCount(shown), formatCount(of))}
    </p>
  );
}
