import { newKey } from '../ui/new-key.ts';

/** Keys for what is asked of the server, so that nothing is made twice by somebody who presses again as no answer came. */
export interface WishKeys {
  /** The same wish has the same key until it is done, another one another. */
  of(wish: object): string;
  /** It came true: who wishes for the same once more wants another. */
  done(): void;
}

export function createWishKeys(): WishKeys {
  const keys = new Map<string, string>();
  return {
    of(wish) {
      const text = JSON.stringify(wish);
      const key = keys.get(text) ?? newKey();
      keys.set(text, key);
      return key;
    },
    done: () => keys.clear(),
  };
}
