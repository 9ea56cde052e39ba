import type { Sql } from '#db/client.ts';
import { PARENTS } from '#db/queries/expire.ts';
import { fromUuid } from '#server/domain/ids.ts';
import type { Finding } from './rules.ts';

/** Most of the runs that are named one by one; a table that is gone would name them all. */
const MAX_NAMED = 100;
/** Runs that are due are looked for every half second: nobody who is at work is so late. */
const LATE = '10 minutes';
/** Messages that a broker takes are gone at once. */
const OLD_MESSAGE = '1 hour';
/** Retention looks every hour and lets them go after two days. */
const OLD_INBOX = '3 days';
const AHEAD_DAYS = 7;

/** I4: what belongs to a run has its run. Retention takes them together, and nobody else takes any. */
export async function auditOrphans(sql: Sql, sinceMs: number): Promise<Finding[]> {
  const rows = await sql<{ run: string; tasks: number; events: number }[]>`
    WITH born AS (SELECT uuid_at(to_timestamp(${String(sinceMs)}::text::float8 / 1000)) AS since),
    owned AS (
      SELECT t.run_id, 1 AS tasks, 0 AS events FROM tasks t, born WHERE t.run_id >= born.since
        AND NOT EXISTS (SELECT FROM runs r WHERE r.id = t.run_id)
      UNION ALL
      SELECT e.run_id, 0, 1 FROM run_events e, born WHERE e.run_id >= born.since
        AND NOT EXISTS (SELECT FROM runs r WHERE r.id = e.run_id))
    SELECT run_id AS run, sum(tasks)::int AS tasks, sum(events)::int AS events FROM owned
    GROUP BY run_id ORDER BY run_id DESC LIMIT ${String(MAX_NAMED)}::text::int`;
  return rows.map(({ run, tasks, events }) => ({
    rule: 'I4',
    runId: fromUuid('run', run),
    message: `Its row is gone, and ${tasks} tasks and ${events} entries of it are left.`,
  }));
}

/** I13: signs that nobody is at work here, or that somebody fails at it. */
export async function auditHouse(sql: Sql): Promise<Finding[]> {
  const messages = await Promise.all([findLate(sql), findUnsent(sql), findUnshed(sql), findNoRoom(sql)]);
  return messages.flatMap((message) => (message === null ? [] : [{ rule: 'I13', runId: null, message }]));
}

interface Oldest {
  count: number;
  /** Null: there is none. */
  minutes: number | null;
}

const sayMinutes = (minutes: number | null): string => `${Math.round(minutes ?? 0).toLocaleString('en')} min`;

async function findLate(sql: Sql): Promise<string | null> {
  const [late] = await sql<[Oldest]>`
    SELECT count(*)::int AS count, (extract(epoch FROM now() - min(wake_at)) / 60)::float8 AS minutes
    FROM runs WHERE wake_at < now() - ${LATE}::text::interval`;
  if (late.count === 0) return null;
  return `${late.count} open runs are due and nobody has looked at them, one for ${sayMinutes(late.minutes)}: no coordinator is at work on this database, or it fails at them and its log says why.`;
}

async function findUnsent(sql: Sql): Promise<string | null> {
  const [old] = await sql<[Oldest]>`
    SELECT count(*)::int AS count, (extract(epoch FROM now() - min(created_at)) / 60)::float8 AS minutes
    FROM outbox WHERE created_at < now() - ${OLD_MESSAGE}::text::interval`;
  if (old.count === 0) return null;
  return `${old.count} messages wait to be sent, one for ${sayMinutes(old.minutes)}: the broker takes none, or no coordinator is at work.`;
}

async function findUnshed(sql: Sql): Promise<string | null> {
  const [old] = await sql<[Oldest]>`
    SELECT count(*)::int AS count, (extract(epoch FROM now() - min(at)) / 60)::float8 AS minutes
    FROM inbox WHERE at < now() - ${OLD_INBOX}::text::interval`;
  if (old.count === 0) return null;
  return `The inbox remembers ${old.count} messages for longer than any comes back: retention has not been at work, or its log says why.`;
}

/** Births of a week need its parts, and retention makes them four weeks ahead. */
async function findNoRoom(sql: Sql): Promise<string | null> {
  const rows = await sql<{ part: string }[]>`
    SELECT parent || '_w' || week AS part
    FROM unnest(${`{${PARENTS.join(',')}}`}::text::text[]) AS parent,
      (SELECT DISTINCT floor(extract(epoch FROM now() + make_interval(days => day)) / 604800)::int AS week
        FROM unnest(${`{0,${AHEAD_DAYS}}`}::text::int[]) AS day) AS weeks
    WHERE to_regclass(parent || '_w' || week) IS NULL ORDER BY part`;
  if (rows.length === 0) return null;
  const parts = rows.map(({ part }) => part).join(', ');
  return `There is no room for all runs of this week and the next: ${parts} is missing, and retention makes it when it is at work.`;
}
