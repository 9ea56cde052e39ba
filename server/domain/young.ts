/**
 * Whether what was read at a moment may be believed for so long. A clock that was set back since then makes it old: it would
 * be believed until the clock has caught up, which may take hours.
 */
export const isYoung = (readAt: number, now: number, forMs: number): boolean =>
  readAt <= now && now - readAt < forMs;
