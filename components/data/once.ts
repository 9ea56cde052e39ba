'use client';

import { useState } from 'react';
import { newKey } from './new-key.ts';

/**
 * Keys for what shall happen once. Who presses again because no answer came asks for the same thing, which may have happened:
 * so the same input has the same key until it is known to have succeeded. Another input is another thing.
 */
export interface OnceKeys {
  keyOf(input: unknown): string;
  /** It has happened: the same asked after this is meant anew. Left out: whatever was asked. */
  isDone(input?: unknown): void;
}

export function onceKeys(make: () => string = newKey): OnceKeys {
  const keys = new Map<string, string>();
  const nameOf = (input: unknown) => JSON.stringify(input) ?? '';
  return {
    keyOf(input) {
      const key = keys.get(nameOf(input)) ?? make();
      keys.set(nameOf(input), key);
      return key;
    },
    isDone(input) {
      if (input === undefined) keys.clear();
      else keys.delete(nameOf(input));
    },
  };
}

/** Those of a dialog or a button, as long as it is there. */
export function useOnceKeys(): OnceKeys {
  const [keys] = useState(() => onceKeys());
  return keys;
}
