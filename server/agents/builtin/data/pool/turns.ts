/** Who waits for one of few places. Every tenant has its turn, and within a tenant whoever came first. */
export interface Turns<Waiter> {
  join(tenant: string, waiter: Waiter): void;
  /** Gives up waiting. */
  leave(tenant: string, waiter: Waiter): void;
  next(): Waiter | undefined;
}

export function createTurns<Waiter>(): Turns<Waiter> {
  /** In the order of their turns: who was served goes to the end. */
  const lines = new Map<string, Waiter[]>();

  return {
    join(tenant, waiter) {
      const line = lines.get(tenant);
      if (line) line.push(waiter);
      else lines.set(tenant, [waiter]);
    },
    leave(tenant, waiter) {
      const line = lines.get(tenant)?.filter((each) => each !== waiter) ?? [];
      if (line.length > 0) lines.set(tenant, line);
      else lines.delete(tenant);
    },
    next() {
      const [first] = lines;
      if (!first) return undefined;
      const [tenant, line] = first;
      lines.delete(tenant);
      const waiter = line.shift();
      if (line.length > 0) lines.set(tenant, line);
      return waiter;
    },
  };
}
