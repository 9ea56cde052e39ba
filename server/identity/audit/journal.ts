import { setTimeout } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import { appendAudit } from '#db/queries/append-audit.ts';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import type { JsonObject } from '#server/domain/json.ts';
import type { AuditNote } from './note.ts';

/** Writes notes of what was done outside a transaction of the doors. */
export interface AuditJournal {
  /** Resolves when the note is durable. */
  write(note: AuditNote): Promise<void>;
}

export interface JournalOptions {
  sql: Sql;
  /** How long a database that is away is waited for, before the caller hears of it. */
  patienceMs?: number;
  onTrouble(message: string, error: unknown): void;
}

interface Waiting {
  body: JsonObject;
  resolve(): void;
  reject(error: unknown): void;
}

const PAUSE_MS = 250;

/** What comes while a tenant's last commit is under way goes into its next one together. */
export function createAuditJournal({ sql, patienceMs = 10_000, onTrouble }: JournalOptions): AuditJournal {
  const lines = new Map<OrgId, Waiting[]>();
  const busy = new Set<OrgId>();

  async function work(orgId: OrgId): Promise<void> {
    busy.add(orgId);
    for (let batch = take(orgId); batch.length > 0; batch = take(orgId)) await commit(orgId, batch);
    busy.delete(orgId);
  }

  function take(orgId: OrgId): Waiting[] {
    const batch = lines.get(orgId) ?? [];
    lines.delete(orgId);
    return batch;
  }

  async function commit(orgId: OrgId, batch: readonly Waiting[]): Promise<void> {
    try {
      await persist(
        orgId,
        batch.map(({ body }) => body),
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // It was done and cannot be undone: the log is the last place that can say by whom.
      for (const { body, reject } of batch) {
        onTrouble(`An entry of the audit was not written: ${JSON.stringify(body)}`, error);
        reject(error);
      }
    }
  }

  async function persist(orgId: OrgId, bodies: readonly JsonObject[]): Promise<void> {
    for (let left = Math.ceil(patienceMs / PAUSE_MS); ; left -= 1) {
      try {
        return await appendAudit(sql, toUuid(orgId), bodies);
      } catch (error) {
        if (left <= 0) throw error;
        await setTimeout(PAUSE_MS);
      }
    }
  }

  return {
    write({ orgId, body }) {
      return new Promise((resolve, reject) => {
        const line = lines.get(orgId) ?? [];
        lines.set(orgId, [...line, { body, resolve, reject }]);
        if (!busy.has(orgId)) void work(orgId);
      });
    },
  };
}
