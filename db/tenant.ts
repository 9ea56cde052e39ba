import { sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import type { Sql } from './client.ts';
import * as schema from './schema/index.ts';

/** The doors' view of the database. Everything they read and write goes through `inTenant`. */
export type DoorDatabase = PostgresJsDatabase<typeof schema>;
export type TenantTransaction = Parameters<Parameters<DoorDatabase['transaction']>[0]>[0];

/** The pool must be the doors' own: Drizzle changes how its client reads times. */
export function openDoorDatabase(pool: Sql): DoorDatabase {
  return drizzle(pool, { schema });
}

/**
 * A transaction in the doors' role, to which row-level security shows one tenant. Both settings end with it, so a
 * connection never goes back to the pool with a tenant on it.
 */
export function inTenant<Result>(
  db: DoorDatabase,
  orgId: OrgId,
  work: (transaction: TenantTransaction) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (transaction) => {
    await transaction.execute(
      sql`SELECT set_config('role', 'signalbox_door', true), set_config('signalbox.org', ${toUuid(orgId)}, true)`,
    );
    return work(transaction);
  });
}
