import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import { connectDatabase, connectFinder, type DatabaseOptions, type Sql } from './client.ts';
import { createStatementKeeper, type IsKept, type Statements, statementsOn } from './door-statements.ts';
import { type Answers, openReaders, type Readers } from './readers.ts';
import type { Asked } from './ready-rows.ts';
import { createSharedReads, type Share } from './shared-reads.ts';
import { TenantDialect } from './tenant-dialect.ts';

/**
 * The doors' view of the database. Everything they read and write goes through `inTenant` or `readTenant`; only ids are
 * looked for outside, by `findIds`.
 */
export interface DoorDatabase {
  readonly pool: Sql;
  readonly isKept: IsKept;
  readonly readers: Readers;
  readonly finder: Sql;
  /** Of what `findIds` asks. */
  readonly share: Share;
}
export type TenantTransaction = Statements;

/**
 * Connections that each process has for its doors, by what they do. Few for what only reads: questions that come while
 * others are asked go out with them in one piece, which costs Postgres a fifth less than a session for each.
 */
const CONNECTIONS = { doors: 8, readers: 2, finder: 2 } as const;

/** `max`: of each kind; left out, as many as a process needs. */
export function openDoorDatabase({
  applicationName,
  max,
  ...options
}: Omit<DatabaseOptions, 'max'> & { max?: number }): DoorDatabase & {
  end(how: { timeout: number }): Promise<void>;
} {
  const settingsOf = (kind: keyof typeof CONNECTIONS) => ({
    ...{ ...options, applicationName: `${applicationName}-${kind}`, max: max ?? CONNECTIONS[kind] },
  });
  const pool = connectDatabase({ ...settingsOf('doors'), plansByValue: true, isShort: true });
  const finder = connectFinder(settingsOf('finder'));
  const readers = openReaders(settingsOf('readers'));
  // Drizzle changes how its client reads times.
  for (const client of [pool, finder]) drizzle(client);
  return {
    ...{ pool, finder, readers, isKept: createStatementKeeper(), share: createSharedReads() },
    async end(how) {
      await Promise.all([pool, finder, readers].map((each) => each.end(how)));
    },
  };
}

/**
 * To look for ids where no policy watches: an index on an enum or a list is of no use to Postgres under a policy, since
 * it trusts few comparisons to keep what they see to themselves. Every statement names the tenant itself, and what is
 * found is then read within the tenant, which shows nothing of anybody else whatever was found. Each statement stands
 * alone, so that it is one round trip, and the same one asked meanwhile is answered with it. `kept`: its plan is good for
 * all values, and planning takes longer than it does.
 */
export function findIds<Result>(
  { pool, finder, isKept, share }: Pick<DoorDatabase, 'pool' | 'finder' | 'isKept' | 'share'>,
  work: (statements: Finder) => Promise<Result>,
  plans: 'by value' | 'kept' = 'by value',
): Promise<Result> {
  const client = plans === 'kept' ? finder : pool;
  return work({
    async execute<Row extends Record<string, unknown>>(statement: SQL) {
      const { sql: text, params } = dialect.sqlToQuery(statement);
      // As `kept` or not, the same statement has the same answer.
      return share<readonly Row[]>(`${text}\n${JSON.stringify(params)}`, () =>
        client.unsafe<Row[]>(text, params as never[], { prepare: isKept(text) }).execute(),
      );
    },
  });
}

export interface Finder {
  execute<Row extends Record<string, unknown>>(statement: SQL): Promise<readonly Row[]>;
}

const dialect = new PgDialect();

/**
 * A transaction in the doors' role, to which row-level security shows one tenant. Both settings end with it, so a
 * connection never goes back to the pool with a tenant on it. What is built in it names the tenant by itself.
 */
export function inTenant<Result>(
  db: DoorDatabase,
  orgId: OrgId,
  work: (transaction: TenantTransaction) => Promise<Result>,
): Promise<Result> {
  return transact(db, orgId, work);
}

/**
 * The same for what only reads, by keys: questions that were made ready (`readyRows`), all of them at once. Their plans are
 * kept with them: each touches a handful of rows, so the values make no difference to the plan, and planning costs more
 * than reading. Whatever is found by anything else, or needs one answer to ask for the next, belongs into `inTenant`.
 */
export function readTenant<const Questions extends readonly Asked<unknown>[]>(
  { readers }: Pick<DoorDatabase, 'readers'>,
  orgId: OrgId,
  questions: Questions,
): Promise<Answers<Questions>> {
  return readers.ask(orgId, questions);
}

function transact<Result>(
  { pool, isKept }: DoorDatabase,
  orgId: OrgId,
  work: (transaction: TenantTransaction) => Promise<Result>,
): Promise<Result> {
  const org = toUuid(orgId);
  const enter = enterTenant(org);
  const statements = { isKept, dialect: new TenantDialect(org) };
  return pool.begin(async (client) => {
    // Not waited for: it is the first on the line, and should it fail, Postgres refuses all that comes after it.
    const entered = client.unsafe(enter).execute();
    const [result] = await Promise.all([work(statementsOn(client, statements)), entered]);
    return result;
  }) as Promise<Result>;
}

const UUID = /^[0-9a-f-]{32,36}$/;

/** A text without parameters goes to the database in one trip; with them their types would be asked for first. */
function enterTenant(uuid: string): string {
  if (!UUID.test(uuid)) throw new Error('The id of an organisation is no UUID.');
  return `SELECT set_config('role', 'signalbox_door', true), set_config('signalbox.org', '${uuid}', true)`;
}
