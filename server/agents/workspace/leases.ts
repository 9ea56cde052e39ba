import type { Place, Writer } from '#db/queries/workspace-enter.ts';
import {
  addLease,
  endLease,
  explainLease,
  isOwnLease,
  type Lease,
  listHeld,
  renewLease,
  takeLeaseAway,
} from '#db/queries/workspace-leases.ts';
import type { LeaseProof } from '#db/queries/workspace-write.ts';
import { inTenant, type TenantTransaction } from '#db/tenant.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { globsOverlap } from '#server/domain/workspace/glob.ts';
import { MAX_LEASES } from '#server/domain/workspace/limits.ts';
import { change, charge, conflictError, type Desk } from './desk.ts';

export interface Leases {
  list(place: Place): Promise<Lease[]>;
  /** All of the patterns or none. CONFLICT where somebody, the caller too, holds a file that one of them names. */
  claim(place: Place, writer: Writer, wish: { patterns: readonly string[]; ttlMs: number }): Promise<Lease>;
  renew(place: Place, writer: Writer, wish: { lease: LeaseProof; ttlMs: number }): Promise<Lease>;
  /** False: it was over already. Said twice, it is done once. */
  release(place: Place, writer: Writer, lease: LeaseProof): Promise<{ released: boolean }>;
  /** Taken away from whoever holds it. `note` is written in the same transaction. */
  force(
    place: Place,
    writer: Writer,
    order: { leaseId: string; reason: string; note(tx: TenantTransaction, lease: Lease): Promise<void> },
  ): Promise<Lease>;
}

export function createLeases(desk: Desk): Leases {
  return {
    list: ({ runId, orgId }) => inTenant(desk.db, orgId, (tx) => listHeld(tx, runId)),

    claim: (place, writer, { patterns, ttlMs }) =>
      change(desk, { place, writer }, async (tx, { seq }) => {
        const held = await listHeld(tx, place.runId);
        for (const heldBy of held) {
          const path = patterns.find((pattern) =>
            heldBy.patterns.some((other) => globsOverlap(pattern, other)),
          );
          if (path !== undefined) throw conflictError({ kind: 'locked', path, heldBy });
        }
        if (held.length >= MAX_LEASES) throw tooMany();
        await charge(desk, tx, { place, bytes: patterns.join().length });
        return addLease(tx, place, { id: desk.newUuid(), seq, writer, patterns, ttlMs });
      }),

    renew: (place, writer, { lease, ttlMs }) =>
      change(desk, { place, writer }, async (tx) => {
        const held = await renewLease(tx, place.runId, { proof: lease, holder: writer.holder, ttlMs });
        return held ?? (await lost(tx, { place, writer, lease }));
      }),

    release: (place, writer, lease) =>
      change(desk, { place, writer }, async (tx, { seq }) => {
        const { holder } = writer;
        const released = await endLease(tx, place.runId, { proof: lease, holder, seq });
        if (!released && !(await isOwnLease(tx, place.runId, { proof: lease, holder })))
          await lost(tx, { place, writer, lease });
        return { released };
      }),

    force: (place, writer, { leaseId, reason, note }) =>
      change(desk, { place, writer }, async (tx, { seq }) => {
        const taken = await takeLeaseAway(tx, place.runId, { id: leaseId, by: writer.name, reason, seq });
        if (!taken) throw alreadyFree();
        await note(tx, taken);
        return taken;
      }),
  };
}

async function lost(
  tx: TenantTransaction,
  { place, writer, lease }: { place: Place; writer: Writer; lease: LeaseProof },
): Promise<never> {
  const why = await explainLease(tx, place.runId, { proof: lease, holder: writer.holder, path: null });
  throw new SignalboxError('CONFLICT', `The claim does not hold any more: ${why}.`, {
    advice: 'Claim again, and read what the files hold by now before you write to them.',
    details: { lease: lease.id },
  });
}

function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', `${MAX_LEASES} claims hold in this workspace, and it takes no more.`, {
    advice: 'Claim several files at once, with a pattern, or wait until others are released.',
  });
}

function alreadyFree(): SignalboxError {
  return new SignalboxError('NOT_FOUND', 'No such claim holds.', {
    advice: 'It was released, or its time was over. List the claims to see which hold now.',
  });
}
