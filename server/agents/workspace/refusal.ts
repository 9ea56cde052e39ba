import type { Place, Writer } from '#db/queries/workspace-enter.ts';
import { explainLease, findHolding } from '#db/queries/workspace-leases.ts';
import type { FileChange, WriteVerdict } from '#db/queries/workspace-write.ts';
import type { TenantTransaction } from '#db/tenant.ts';
import { notFound, type SignalboxError } from '#server/domain/errors.ts';
import type { Conflict, Outdated } from '#server/domain/workspace/conflict.ts';
import { conflictError, type Desk, isFull } from './desk.ts';
import { findVersion } from './versions.ts';

export interface Refused {
  place: Place;
  writer: Writer;
  change: Pick<FileChange, 'path' | 'kind' | 'lease' | 'baseVersion'>;
  verdict: WriteVerdict;
}

/** Why nothing was written, looked up while nobody else can change it. The claim first: who has none need not look further. */
export async function refusalOf(
  tx: TenantTransaction,
  { limits }: Pick<Desk, 'limits'>,
  refused: Refused,
): Promise<SignalboxError> {
  const { change, verdict } = refused;
  const { path } = change;
  if (!verdict.isFenced) return conflictError(await unfenced(tx, refused));
  if (change.kind === 'delete' && !verdict.isThere) return notFound('file', path);
  if (verdict.isOutdated) return conflictError(await outdated(tx, refused));
  if (verdict.clash !== null) return conflictError({ kind: 'name-taken', path, by: verdict.clash });
  return isFull(limits);
}

async function unfenced(tx: TenantTransaction, { place, writer, change }: Refused): Promise<Conflict> {
  const { path, lease } = change;
  const held = await findHolding(tx, place.runId, path);
  const heldBy = held?.holder === writer.holder ? null : held;
  if (lease === null && heldBy) return { kind: 'locked', path, heldBy };
  const why =
    lease === null
      ? 'it was claimed by somebody else at that moment'
      : await explainLease(tx, place.runId, { proof: lease, holder: writer.holder, path });
  return { kind: 'lease-lost', path, why, heldBy };
}

async function outdated(tx: TenantTransaction, { place, change, verdict }: Refused): Promise<Outdated> {
  const { path, baseVersion } = change;
  const current = await findVersion(tx, place, { path });
  return {
    ...{ kind: 'outdated', path, baseVersion, diff: null, isDiffCut: false },
    version: verdict.isThere || verdict.version > 0 ? verdict.version : 0,
    changedBy: current?.changedBy ?? null,
    changedAt: current?.changedAt ?? null,
  };
}
