import type { Sql } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { toUuid } from '#server/domain/ids.ts';
import type { Unit } from './intake.ts';

/** Units whose effect is there already, or can never be, are answered and taken out of the batch that they would spoil. */

/** The same message twice in one batch: the inbox would refuse the batch for it. */
export function setCopiesApart(units: Unit[]): { fresh: Unit[]; copies: Unit[] } {
  const seen = new Set<string>();
  const copies: Unit[] = [];
  const fresh = units.filter((unit) => {
    if (unit.messageId === undefined) return true;
    const isCopy = seen.has(unit.messageId);
    seen.add(unit.messageId);
    if (isCopy) copies.push(unit);
    return !isCopy;
  });
  return { fresh, copies };
}

export function answerRepeated({ entries }: Unit): void {
  for (const entry of entries) entry.reply({ ok: true, repeated: true });
}

async function dropKnownMessages(sql: Sql, units: Unit[]): Promise<Unit[]> {
  const ids = units.flatMap((unit) => unit.messageId ?? []);
  const rows = await sql<{ message_id: string }[]>`
    SELECT message_id FROM inbox WHERE message_id IN (SELECT json_array_elements_text(${JSON.stringify(ids)}::text::json))`;
  const known = new Set(rows.map((row) => row.message_id));
  return units.filter((unit) => {
    if (unit.messageId === undefined || !known.has(unit.messageId)) return true;
    answerRepeated(unit);
    return false;
  });
}

/** The commit whose answer was lost had been made, or the same key made another run first. */
async function dropBornRuns(sql: Sql, units: Unit[]): Promise<Unit[]> {
  const births = units.flatMap((unit) => unit.entries.flatMap((entry) => (entry.birth ? [entry.birth] : [])));
  const pairs = births.map((run) => ({
    id: run.id.slice(4),
    key: run.idempotency?.key ?? null,
    org: run.orgId.slice(4),
  }));
  const rows = await sql<{ id: string; born: boolean }[]>`
    SELECT w.id, EXISTS (SELECT FROM runs r WHERE r.id = w.id::uuid) AS born
    FROM json_to_recordset(${JSON.stringify(pairs)}::text::json) AS w (id text, key text, org text)
    WHERE EXISTS (SELECT FROM runs r WHERE r.id = w.id::uuid)
       OR EXISTS (SELECT FROM idempotency_keys k WHERE k.org_id = w.org::uuid AND k.key = w.key)`;
  const found = new Map(rows.map((row) => [`run_${row.id}`, row.born]));
  return units.filter((unit) => {
    // What else has come for the same run is news of it, and stays.
    const birth = unit.entries.find((entry) => entry.birth);
    const born = birth && found.get(birth.runId);
    if (born === undefined) return true;
    for (const entry of unit.entries) {
      entry.reply(
        born
          ? { ok: true, repeated: true }
          : { ok: false, code: 'NOT_ALLOWED', message: 'idempotency key taken' },
      );
    }
    return false;
  });
}

/** Their organisation was closed at the moment of the start. What else is in the batch has nothing to do with it. */
async function dropClosedBirths(sql: Sql, units: Unit[]): Promise<Unit[]> {
  const orgOf = ({ entries }: Unit): string[] =>
    entries.flatMap(({ birth }) => birth?.orgId ?? []).map(toUuid);
  const orgs = `{${[...new Set(units.flatMap(orgOf))].join(',')}}`;
  const rows = await sql<{ id: string }[]>`SELECT replace(id::text, '-', '') AS id FROM orgs
    WHERE id = ANY (${orgs}::text::uuid[]) AND closed_at IS NOT NULL`;
  const closed = new Set(rows.map(({ id }) => id));
  return units.filter((unit) => {
    if (!orgOf(unit).some((id) => closed.has(id))) return true;
    unit.fail(
      new SignalboxError('CONFLICT', 'The organisation has been closed: nothing starts in it any more.'),
    );
    return false;
  });
}

/** By what the commit was refused for. */
export const dropUnfit = {
  'known-message': dropKnownMessages,
  born: dropBornRuns,
  closed: dropClosedBirths,
} as const;
