import { useSyncExternalStore } from 'react';

const subscribeToNothing = () => () => undefined;

/**
 * Whether the page has come to life: false where the server draws, and until the browser has taken that over. A part
 * that comes late takes over late as well: what others have fetched by then would differ from what the server drew.
 */
export const useIsAlive = (): boolean =>
  useSyncExternalStore(
    subscribeToNothing,
    () => true,
    () => false,
  );
