const ONCE_MORE_MS = 1000;

/**
 * Lines and the end of a run come by different ways, and the end may be here first: so whoever sees a run end reads its log at
 * once, and once more a second later.
 */
export function lastReads(read: () => void) {
  let wasOpen = false;
  let later: ReturnType<typeof setTimeout> | undefined;
  return {
    see(isOver: boolean): void {
      if (isOver && wasOpen) {
        read();
        later = setTimeout(read, ONCE_MORE_MS);
      }
      wasOpen = !isOver;
    },
    stop: () => clearTimeout(later),
  };
}
