import type { Sql } from '#db/client.ts';
import { until } from './faults/until.ts';

/**
 * The database refuses to write the audit, as if the process had died between a change and its note. With an action: only the notes of that.
 */
export async function withoutAudit(sql: Sql, work: () => Promise<void>, action?: string): Promise<void> {
  await sql.unsafe(`CREATE OR REPLACE FUNCTION refuse_audit() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'no audit'; END $$`);
  const which = action === undefined ? '' : `WHEN (NEW.action = '${action}')`;
  await sql.unsafe(
    `CREATE TRIGGER refuse BEFORE INSERT ON audit_entries FOR EACH ROW ${which} EXECUTE FUNCTION refuse_audit()`,
  );
  try {
    await work();
  } finally {
    await sql.unsafe('DROP TRIGGER refuse ON audit_entries');
  }
}

/** Nobody writes to the audit of this organisation meanwhile: whoever does so last has done all else by then. */
export async function holdAudit(sql: Sql, orgUuid: string, work: () => Promise<void>): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`SELECT FROM audit_heads WHERE org_id = ${orgUuid}::text::uuid FOR UPDATE`;
    await work();
  });
}

/** Until a connection of such a name, as LIKE has it, waits for a lock. */
export async function untilLocked(sql: Sql, application: string): Promise<void> {
  await until(`${application} to wait for a lock`, async () => {
    const rows = await sql`SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE ${application} AND wait_event_type = 'Lock'`;
    return rows.length > 0;
  });
}
