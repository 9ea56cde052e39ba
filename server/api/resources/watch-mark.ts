const LOOK_MS = 2000;

/** For what announces nothing: asks for a mark again and again, and tells when it is another one. */
export async function watchMark(
  read: () => Promise<string>,
  changed: () => void,
  everyMs = LOOK_MS,
): Promise<() => void> {
  let known = await read();
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    // The database is away: the next look will tell.
    const mark = await read().catch(() => known);
    isLooking = false;
    if (mark === known) return;
    known = mark;
    changed();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
