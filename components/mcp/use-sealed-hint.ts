import { useMay } from '../shell/use-may.ts';
import { words } from './words.ts';

/** Under a value that is sealed. Who may not manage secrets can name none in it, and is not told of them. */
export function useSealedHint(): string {
  const may = useMay();
  return may('secret.manage') ? words.sealedOrNamed : words.sealed;
}
