import { drizzle } from 'drizzle-orm/postgres-js';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import type { Sql } from './client.ts';
import { createStatementKeeper, type IsKept, type Statements, statementsOn } from './door-statements.ts';

/** The doors' view of the database. Everything they read and write goes through `inTenant` or `readTenant`. */
export interface DoorDatabase {
  readonly pool: Sql;
  readonly isKept: IsKept;
}
export type TenantTransaction = Statements;

/** The pool must be the doors' own: Drizzle changes how its client reads times. */
export function openDoorDatabase(pool: Sql): DoorDatabase {
  drizzle(pool);
  return { pool, isKept: createStatementKeeper() };
}

/**
 * To look for ids where no policy watches: an index on an enum or a list is of no use to Postgres under a policy, since
 * it trusts few comparisons to keep what they see to themselves. Every statement names the tenant itself, and what is
 * found is then read within the tenant, which shows nothing of anybody else whatever was found. Each statement stands
 * alone, so that it is one round trip.
 */
export function findIds<Result>(
  { pool, isKept }: DoorDatabase,
  work: (statements: Pick<TenantTransaction, 'execute'>) => Promise<Result>,
): Promise<Result> {
  return work(statementsOn(pool, isKept));
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
  return transact(db, { kind: '', enter: enterTenant(orgId) }, work);
}

/**
 * The same for what only reads, by keys. The plans of its statements are kept with them: each touches a handful of rows,
 * so the values make no difference to the plan, and planning costs more than reading. Whatever is found by anything
 * else belongs into `inTenant`. Statements that do not wait for each other go out together.
 */
export function readTenant<Result>(
  db: DoorDatabase,
  orgId: OrgId,
  work: (transaction: TenantTransaction) => Promise<Result>,
): Promise<Result> {
  const enter = `${enterTenant(orgId)}, set_config('plan_cache_mode', 'force_generic_plan', true)`;
  return new Promise((resolve, reject) => {
    transact(db, { kind: 'read only', enter }, async (transaction) => {
      // Nothing depends on how a transaction ends that has written nothing.
      resolve(await work(transaction));
    }).catch(reject);
  });
}

function transact<Result>(
  { pool, isKept }: DoorDatabase,
  { kind, enter }: { kind: '' | 'read only'; enter: string },
  work: (transaction: TenantTransaction) => Promise<Result>,
): Promise<Result> {
  return pool.begin(kind, async (client) => {
    // Not waited for: it is the first on the line, and should it fail, Postgres refuses all that comes after it.
    const entered = client.unsafe(enter).execute();
    const [result] = await Promise.all([work(statementsOn(client, isKept)), entered]);
    return result;
  }) as Promise<Result>;
}

const UUID = /^[0-9a-f-]{32,36}$/;

/** A text without parameters goes to the database in one trip; with them their types would be asked for first. */
function enterTenant(orgId: OrgId): string {
  const uuid = toUuid(orgId);
  if (!UUID.test(uuid)) throw new Error('The id of an organisation is no UUID.');
  return `SELECT set_config('role', 'signalbox_door', true), set_config('signalbox.org', '${uuid}', true)`;
}
