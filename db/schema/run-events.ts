import { bigint, integer, json, pgTable, primaryKey, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { RunEvent } from '#server/domain/engine/events.ts';

export const runEvents = pgTable(
  'run_events',
  {
    runId: uuid('run_id').notNull(),
    seqFrom: integer('seq_from').notNull(),
    seqTo: integer('seq_to').notNull(),
    orgId: uuid('org_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    entries: json('entries').$type<RunEvent[]>().notNull(),
    /** The transaction that wrote it; Postgres fills it in. */
    xid: bigint('xid', { mode: 'bigint' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seqFrom] })],
);
