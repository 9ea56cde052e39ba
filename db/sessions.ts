import { SignalboxError } from '#server/domain/errors.ts';
import { ENGINE_SETTINGS, type Sql } from './client.ts';

/** What PgBouncer answers to settings of a session that it does not know. */
const UNKNOWN_SETTING = /unsupported startup parameter/i;

/**
 * A proxy that gives its connections to Postgres to whoever asks next would mix up tenants, locks and plans: a session must
 * be of one client, and keep its settings. `connections`: two of the engine's, each for one session.
 */
export async function refuseSharedSessions([one, other]: readonly [Sql, Sql]): Promise<void> {
  try {
    const first = await lookAt(one);
    // While the first is open nobody else is in its session.
    const second = await lookAt(other);
    if (first.plans !== ENGINE_SETTINGS.plan_cache_mode || first.pid === second.pid) throw shared();
  } catch (error) {
    throw UNKNOWN_SETTING.test(String((error as Error).message)) ? shared(error) : error;
  }
}

async function lookAt(sql: Sql): Promise<{ pid: number; plans: string }> {
  const [row] = await sql<[{ pid: number; plans: string }]>`
    SELECT pg_backend_pid() AS pid, current_setting('plan_cache_mode') AS plans`;
  return row;
}

function shared(cause: unknown = undefined): SignalboxError {
  return new SignalboxError(
    'UNAVAILABLE',
    'Between Signalbox and its Postgres stands a proxy that shares sessions between clients, or drops their settings (as PgBouncer does).',
    {
      cause,
      advice:
        'Let DATABASE_URL name Postgres itself, or a proxy that gives each connection a session of its own and hands its settings on.',
    },
  );
}
