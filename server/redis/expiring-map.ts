export interface ExpiringMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value, ttlMs?: number): void;
  /** A new value that expires when the old one would have. */
  replace(key: string, value: Value): void;
  /** True when it was there. */
  delete(key: string): boolean;
  sweep(): void;
}

export function makeExpiringMap<Value>(now: () => number): ExpiringMap<Value> {
  const entries = new Map<string, { value: Value; expiresAt: number }>();
  const live = (key: string) => {
    const entry = entries.get(key);
    if (!entry || entry.expiresAt > now()) return entry;
    entries.delete(key);
    return undefined;
  };
  return {
    get: (key) => live(key)?.value,
    set(key, value, ttlMs) {
      entries.set(key, { value, expiresAt: ttlMs === undefined ? Number.POSITIVE_INFINITY : now() + ttlMs });
    },
    replace(key, value) {
      const entry = live(key);
      if (entry) entry.value = value;
    },
    delete(key) {
      const known = live(key) !== undefined;
      entries.delete(key);
      return known;
    },
    sweep() {
      for (const key of entries.keys()) live(key);
    },
  };
}
