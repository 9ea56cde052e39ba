import type { apiKeys } from '#db/schema/index.ts';
import { fromUuid, type KeyId, type UserId } from '#server/domain/ids.ts';
import type { Role, Scope } from '#server/identity/permissions.ts';

export interface KeyView {
  id: KeyId;
  name: string;
  role: Role;
  /** Null: all that the role may. */
  scopes: Scope[] | null;
  lastFour: string;
  /** Null: from anywhere. */
  networks: string[] | null;
  expiresAt: Date | null;
  /** Until when the letters from before the last rotation count. */
  previousUntil: Date | null;
  /** Null: the owner of this machine. */
  madeBy: UserId | null;
  /** Why it is refused though nobody has revoked it. */
  stoppedBecause: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
  lastUsedFrom: string | null;
}

export interface NewKey extends KeyView {
  /** The whole of it: shown here and never again. */
  key: string;
}

export function toKeyView(row: typeof apiKeys.$inferSelect, stoppedBecause: string | null = null): KeyView {
  return {
    id: fromUuid('key', row.id),
    name: row.name,
    role: row.role,
    scopes: row.scopes as Scope[] | null,
    lastFour: row.lastFour,
    networks: row.networks,
    expiresAt: row.expiresAt,
    previousUntil: row.previousUntil,
    madeBy: row.madeBy === null ? null : fromUuid('user', row.madeBy),
    stoppedBecause,
    createdAt: row.createdAt,
    lastUsedAt: row.lastUsedAt,
    lastUsedFrom: row.lastUsedFrom,
  };
}
