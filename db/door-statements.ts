import type { PgDialect } from 'drizzle-orm/pg-core';
import { PostgresJsSession, PostgresJsTransaction } from 'drizzle-orm/postgres-js';
import type { Sql } from './client.ts';

/** Statements as Drizzle builds them, on one connection. */
export type Statements = PostgresJsTransaction<Record<string, never>, Record<string, never>>;

/** Whether a statement, by its text, is to be kept ready in the connection that it goes to. */
export type IsKept = (text: string) => boolean;

/** A text that comes again and again; one that comes once would only fill the memory of the connections. */
const KEPT_FROM = 3;
/** Each is kept in every connection, in the process and in Postgres. */
const MAX_KEPT = 250;
const MAX_COUNTED = 2000;

export function createStatementKeeper(): IsKept {
  const kept = new Set<string>();
  const counts = new Map<string, number>();
  return (text) => {
    if (kept.has(text)) return true;
    if (kept.size >= MAX_KEPT) return false;
    const count = (counts.get(text) ?? 0) + 1;
    if (count < KEPT_FROM) {
      // Lists of values make ever new texts: what was counted is forgotten before it is many.
      if (counts.size >= MAX_COUNTED) counts.clear();
      counts.set(text, count);
      return false;
    }
    counts.delete(text);
    kept.add(text);
    return true;
  };
}

/**
 * Drizzle on a client of ours. By itself it prepares nothing, so that the types of a statement's parameters are asked
 * for first, a round trip of its own, and Postgres parses the text again each time.
 */
export function statementsOn(
  client: Pick<Sql, 'unsafe'>,
  { dialect, isKept }: { dialect: PgDialect; isKept: IsKept },
): Statements {
  const keeping = {
    ...client,
    unsafe: (text: string, values: never[] = []) => client.unsafe(text, values, { prepare: isKept(text) }),
  };
  const session = new PostgresJsSession<never, Record<string, never>, Record<string, never>>(
    keeping as never,
    dialect,
    undefined,
  );
  return new PostgresJsTransaction(dialect, session as never, undefined);
}
