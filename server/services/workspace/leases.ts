import { z } from 'zod';
import type { Lease } from '#db/queries/workspace-leases.ts';
import { LEASE_MS, MAX_PATTERNS } from '#server/domain/workspace/limits.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import { auditNote, noteIn } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { globSchema, placeOf, plainText, whereFields, whoFields, writerOf } from './admit.ts';
import { leaseSchema } from './files.ts';

const ttlMs = z.int().min(LEASE_MS.min).max(LEASE_MS.max).default(LEASE_MS.fallback);
const listSchema = z.strictObject(whereFields);
const claimSchema = z.strictObject({
  ...whoFields,
  patterns: z.array(globSchema).min(1).max(MAX_PATTERNS),
  ttlMs,
});
const renewSchema = z.strictObject({ ...whoFields, lease: leaseSchema, ttlMs });
const releaseSchema = z.strictObject({ ...whoFields, lease: leaseSchema });
const forceSchema = z.strictObject({ ...whereFields, leaseId: z.uuid(), reason: plainText(500) });

export async function listLeases(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Lease[]> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of } = parseInput(listSchema, input);
  return services.workspaces.leases.list(await placeOf(services, actor, of));
}

export async function claimFiles(
  services: Services,
  actor: Actor,
  input: z.input<typeof claimSchema>,
): Promise<Lease> {
  authoriseAnywhere(actor, 'workspace.write');
  const { of, as, epoch, ...wish } = parseInput(claimSchema, input);
  const { place, writer } = await writerOf(services, actor, { who: { of, as, epoch } });
  return services.workspaces.leases.claim(place, writer, wish);
}

export async function renewClaim(
  services: Services,
  actor: Actor,
  input: z.input<typeof renewSchema>,
): Promise<Lease> {
  authoriseAnywhere(actor, 'workspace.write');
  const { of, as, epoch, ...wish } = parseInput(renewSchema, input);
  const { place, writer } = await writerOf(services, actor, { who: { of, as, epoch } });
  return services.workspaces.leases.renew(place, writer, wish);
}

export async function releaseClaim(
  services: Services,
  actor: Actor,
  input: z.input<typeof releaseSchema>,
): Promise<{ released: boolean }> {
  authoriseAnywhere(actor, 'workspace.write');
  const { of, as, epoch, lease } = parseInput(releaseSchema, input);
  const { place, writer } = await writerOf(services, actor, { who: { of, as, epoch } });
  return services.workspaces.leases.release(place, writer, lease);
}

/** Takes a claim from whoever holds it. What they write under it from then on is refused. */
export async function forceRelease(
  services: Services,
  actor: Actor,
  input: z.input<typeof forceSchema>,
): Promise<Lease> {
  authoriseAnywhere(actor, 'workspace.force');
  const { of, leaseId, reason } = parseInput(forceSchema, input);
  const { place, writer } = await writerOf(services, actor, { who: { of }, action: 'workspace.force' });
  return services.workspaces.leases.force(place, writer, {
    ...{ leaseId, reason },
    note: (tx, { name, patterns, until }) =>
      noteIn(
        tx,
        auditNote(actor, 'workspace.claim-taken-away', {
          target: place.runId,
          reason,
          before: { lease: leaseId, held_by: name, patterns: [...patterns], until: until.toISOString() },
        }),
      ),
  });
}
