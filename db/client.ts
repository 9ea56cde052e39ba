import postgres from 'postgres';

export type Sql = postgres.Sql;

/**
 * Settings of the engine's own connections. Its statements touch a handful of rows by primary key: one plan for each
 * is kept for good, and it must never be a scan, whatever the statistics of a table that was just empty may say.
 */
export const ENGINE_SETTINGS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
};

/**
 * For connections whose statements are short, so that none that has died holds anything up. The server ends a statement
 * or a transaction that takes this long, and closes a session whose client is not there any more, which frees its locks.
 * As it says so, whoever hears nothing for even longer has lost it: the driver closes the connection then, a quarter
 * later (`scripts/lib/mend-driver.mjs`), and what was asked is tried again as after any outage. Where statements may take
 * long, as those of upkeep and of tools, or where nothing is asked, as where news are listened for, there is no such end.
 */
export const SHORT_STATEMENTS_MS = 60_000;

function endsOf(statementMs = SHORT_STATEMENTS_MS): Record<string, string> {
  return {
    statement_timeout: String(statementMs),
    idle_in_transaction_session_timeout: String(statementMs),
    tcp_user_timeout: String(SHORT_STATEMENTS_MS),
    tcp_keepalives_idle: '30',
    tcp_keepalives_interval: '10',
    tcp_keepalives_count: '3',
  };
}

/** What is looked for in the order of an index, and never by collecting and sorting all that fits. */
const FINDER_SETTINGS = {
  ...ENGINE_SETTINGS,
  enable_bitmapscan: 'off',
  max_parallel_workers_per_gather: '0',
};

export interface DatabaseOptions {
  url: string;
  applicationName: string;
  max: number;
  /** Plans anew for the values of each statement, also where the statement is kept ready. */
  plansByValue?: boolean;
  /** Nothing that is asked here takes long; see `SHORT_STATEMENTS_MS`. What engines, finders and readers ask never does. */
  isShort?: boolean;
  /** Left out: `SHORT_STATEMENTS_MS`. */
  statementMs?: number;
  /** Heard for each statement that failed on a connection in use; the process must live on. */
  onNotice?: (message: string) => void;
}

/** Of each connection. */
export const COMMON = {
  connect_timeout: 10,
  // Type look-ups cost a round trip at each connection, and arrays are passed as text.
  fetch_types: false,
  prepare: true,
  // Seconds between tries to connect. The library's own grow to 20, long after a restarted Postgres is back.
  backoff: (tries: number) => Math.min(0.05 * 2 ** tries, 1),
} as const;

/** A URL may name the folder of a socket where others name a host; the library would look that up as a name. */
export function placeOf(url: string): { host?: string } {
  const { hostname = '' } = URL.parse(url) ?? {};
  return /^%2f/i.test(hostname) ? { host: decodeURIComponent(hostname) } : {};
}

export function connectDatabase(options: DatabaseOptions): Sql {
  return postgres(options.url, {
    ...{ ...COMMON, ...placeOf(options.url) },
    max: options.max,
    idle_timeout: 60,
    connection: {
      application_name: options.applicationName,
      jit: 'off',
      ...(options.plansByValue ? { plan_cache_mode: 'force_custom_plan' } : {}),
      ...(options.isShort ? endsOf(options.statementMs) : {}),
    },
    onnotice: (notice) => options.onNotice?.(String(notice.message)),
  });
}

export const connectEngine = (options: DatabaseOptions): Sql => connectWith(ENGINE_SETTINGS, options);

/** For ids of lists whose plans are kept, see `findIds` in `tenant.ts`. */
export const connectFinder = (options: DatabaseOptions): Sql => connectWith(FINDER_SETTINGS, options);

function connectWith(settings: Readonly<Record<string, string>>, options: DatabaseOptions): Sql {
  return postgres(options.url, {
    ...{ ...COMMON, ...placeOf(options.url) },
    max: options.max,
    connection: {
      ...{ application_name: options.applicationName, ...settings },
      ...endsOf(options.statementMs),
    },
    onnotice: (notice) => options.onNotice?.(String(notice.message)),
  });
}

/** No organisation has this id, and it is none: what asks for the tenant of a connection that has none is refused. */
const NOBODY = 'nobody';

/** For reading by keys as the doors' role, see `readers.ts`. */
export function connectReader(options: DatabaseOptions): Sql {
  return postgres(options.url, {
    ...{ ...COMMON, ...placeOf(options.url) },
    max: options.max,
    idle_timeout: 60,
    connection: {
      ...{ application_name: options.applicationName, role: 'signalbox_door', 'signalbox.org': NOBODY },
      ...{ default_transaction_read_only: 'on', plan_cache_mode: 'force_generic_plan', jit: 'off' },
      ...endsOf(options.statementMs),
    } as Record<string, string>,
    onnotice: (notice) => options.onNotice?.(String(notice.message)),
  });
}

/** For a client with one connection: its next statement looks anew where the database is. */
export async function endSession(sql: Sql): Promise<void> {
  await sql`SELECT pg_terminate_backend(pg_backend_pid())`.catch(() => undefined);
}
