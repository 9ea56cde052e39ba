import type { Sql } from '#db/client.ts';

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
