import { createHash } from 'node:crypto';
import type { Sql } from '#db/client.ts';
import { appendAudit, appendAuditIn } from '#db/queries/append-audit.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import { isJsonObject, type Json, type JsonObject, setOwn } from '#server/domain/json.ts';
import type { Actor } from '../actor.ts';

/** What one entry of the audit says. */
export interface AuditNote {
  orgId: OrgId;
  body: JsonObject;
}

export interface AuditDetails {
  /** The id of what it was done to. */
  target: string | null;
  /** What it was and what it is now: only what changed, and never a secret. */
  before?: Json;
  after?: Json;
  reason?: string;
}

/** Larger states are kept by their size and hash. */
const MAX_STATE_BYTES = 16_384;

/** Whoever did it. `system`: the program itself, by what it was started with. */
export type Author = Pick<Actor, 'id' | 'name' | 'role' | 'orgId' | 'from'> & {
  kind: Actor['kind'] | 'system';
};

/** `action` is a noun and what was done to it: `run.started`. */
export function auditNote(actor: Author, action: string, what: AuditDetails): AuditNote {
  const { target, before, after, reason } = what;
  const body: JsonObject = {
    actor: { kind: actor.kind, id: actor.id, name: actor.name, role: actor.role },
    action,
    target,
    request_id: actor.from.requestId,
    address: actor.from.address,
  };
  if (reason !== undefined) body.reason = reason;
  if (before !== undefined) body.before = bounded(before);
  if (after !== undefined) body.after = bounded(after);
  return { orgId: actor.orgId, body: storable(body) as JsonObject };
}

/** Writes the note in the transaction of what it tells of. The last step of every verb that changes something there. */
export function noteIn(tx: TenantTransaction, { orgId, body }: AuditNote): Promise<void> {
  return appendAuditIn(tx, toUuid(orgId), body);
}

/** The same in a transaction of the owner's, for what lies outside every tenant: people, sessions, organisations. */
export async function noteBy(tx: Sql, ...notes: readonly AuditNote[]): Promise<void> {
  // In one order: two transactions that write to the same two tenants do not wait for each other in a circle.
  const inOrder = notes.toSorted((one, other) => (one.orgId < other.orgId ? -1 : 1));
  for (const { orgId, body } of inOrder) await appendAudit(tx, toUuid(orgId), [body]);
}

function bounded(state: Json): Json {
  const text = JSON.stringify(state);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_STATE_BYTES) return state;
  return { omitted_bytes: bytes, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Postgres takes every text but one with a zero character. */
function storable(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll('\u0000', '\uFFFD');
  if (Array.isArray(value)) return value.map(storable);
  if (!isJsonObject(value)) return value;
  const clean: JsonObject = {};
  for (const [key, part] of Object.entries(value)) setOwn(clean, storable(key) as string, storable(part));
  return clean;
}
