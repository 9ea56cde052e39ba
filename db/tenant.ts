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
 * A transaction that no policy watches, to look for ids: an index on an enum or a list is of no use to Postgres under a
 * policy, since it trusts few comparisons to keep what they see to themselves. Every statement names the tenant itself,
 * and what is found is then read with `inTenant`, which shows nothing of anybody else whatever was found.
 */
export function findIds<Result>(
  db: DoorDatabase,
  work: (transaction: TenantTransaction) => Promise<Result>,
): Promise<Result> {
  return db.transaction(work, { accessMode: 'read only' });
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
    await transaction.execute(sql.raw(enterTenant(orgId)));
    return work(transaction);
  });
}

const UUID = /^[0-9a-f-]{32,36}$/;

/** A text without parameters goes to the database in one trip; with them their types would be asked for first, each time. */
function enterTenant(orgId: OrgId): string {
  const uuid = toUuid(orgId);
  if (!UUID.test(uuid)) throw new Error('The id of an organisation is no UUID.');
  return `SELECT set_config('role', 'signalbox_door', true), set_config('signalbox.org', '${uuid}', true)`;
}
