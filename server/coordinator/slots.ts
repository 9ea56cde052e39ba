import type { Sql } from '#db/client.ts';
import type { SlotRow } from '#db/queries/rows.ts';
import { type OrgId, toUuid } from '#server/domain/ids.ts';

export interface Slot {
  key: string;
  limit: number;
}

/**
 * What this process believes of the slots behind concurrency keys. The truth is the row, which the commit changes
 * only while room is left; a wrong belief costs one refused commit, after which the rows are read again.
 */
export interface SlotBook {
  hasRoom(org: OrgId, slot: Slot): boolean;
  reserve(org: OrgId, slot: Slot): void;
  room(org: OrgId, slot: Slot): number;
  /** A plan's reservations are in the database now, with whatever else it changed. */
  committed(changes: readonly SlotRow[], reserved: ReadonlyMap<string, number>): void;
  /** A plan was not committed. */
  undo(reserved: ReadonlyMap<string, number>): void;
  /** Reads the rows of all keys seen so far anew, making those that are not there. */
  refresh(sql: Sql): Promise<void>;
  /** True when a key has been met whose row has not been read. */
  isStale(): boolean;
  /** Another process has given some back, by `slotId`. */
  doubt(ids: Iterable<string>): void;
}

export const slotId = (org: OrgId, key: string): string => `${toUuid(org)} ${key}`;

/** A key that looks full is read again after this long: another process may have given slots back. */
const BELIEF_MS = 2000;

export function createSlotBook(now: () => number): SlotBook {
  const used = new Map<string, number>();
  const unread = new Set<string>();
  let readAt = 0;
  let commits = 0;

  return {
    hasRoom(org, { key, limit }) {
      const id = slotId(org, key);
      const count = used.get(id);
      if (count === undefined || (count >= limit && now() - readAt > BELIEF_MS)) unread.add(id);
      return count !== undefined && count < limit;
    },
    room: (org, { key, limit }) => limit - (used.get(slotId(org, key)) ?? limit),
    committed(changes, reserved) {
      if (changes.length > 0) commits += 1;
      for (const { orgId, key, change } of changes) {
        const id = `${orgId} ${key}`;
        if (!used.has(id)) continue;
        used.set(id, Math.max((used.get(id) ?? 0) + change - (reserved.get(id) ?? 0), 0));
      }
      const changed = new Set(changes.map(({ orgId, key }) => `${orgId} ${key}`));
      for (const [id, count] of reserved) {
        // Taken and given back in one commit: no change was written.
        if (!changed.has(id)) used.set(id, Math.max((used.get(id) ?? 0) - count, 0));
      }
    },
    undo(reserved) {
      for (const [id, count] of reserved) used.set(id, Math.max((used.get(id) ?? 0) - count, 0));
    },
    reserve(org, { key }) {
      const id = slotId(org, key);
      used.set(id, (used.get(id) ?? 0) + 1);
    },
    async refresh(sql) {
      const before = commits;
      const ids = [...new Set([...used.keys(), ...unread])];
      if (ids.length === 0) return;
      const pairs = ids.map((id) => ({ org: id.slice(0, 32), key: id.slice(33) }));
      const rows = await sql<{ org: string; key: string; used: number }[]>`
        WITH wanted AS (SELECT org::uuid AS org_id, key FROM json_to_recordset(${JSON.stringify(pairs)}::text::json) AS w (org text, key text)),
        made AS (INSERT INTO concurrency_slots (org_id, key, used) SELECT org_id, key, 0 FROM wanted
          ON CONFLICT (org_id, key) DO NOTHING RETURNING org_id, key, used)
        SELECT replace(org_id::text, '-', '') AS org, key, used FROM made
        UNION SELECT replace(s.org_id::text, '-', ''), s.key, s.used FROM concurrency_slots s JOIN wanted USING (org_id, key)`;
      // Read before a commit of ours and told after it, the figures would be old for good.
      if (commits !== before) return this.refresh(sql);
      for (const row of rows) used.set(`${row.org} ${row.key}`, row.used);
      unread.clear();
      readAt = now();
    },
    isStale: () => unread.size > 0,
    doubt(ids) {
      for (const id of ids) if (used.has(id)) unread.add(id);
    },
  };
}
