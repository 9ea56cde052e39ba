import { z } from 'zod';
import { LEASE_MS, MAX_PATTERNS } from '#server/domain/workspace/limits.ts';
import { claimFiles, releaseClaim, renewClaim } from '#server/services/workspace/leases.ts';
import { EXAMPLE } from '../operations/examples.ts';
import { leaseSchema, presentLease } from '../wire/workspace.ts';
import { tool } from './tool.ts';
import { actingFields, EXAMPLE_TASK, leaseFields, whoOf } from './workspace-fields.ts';

const seconds = z
  .number()
  .min(LEASE_MS.min / 1000)
  .max(LEASE_MS.max / 1000)
  .default(LEASE_MS.fallback / 1000)
  .describe('How long it holds unless it is renewed.');
const proof = (input: { lease_id: string; fencing_token: number }) => ({
  id: input.lease_id,
  token: input.fencing_token,
});

export const claimTools = [
  tool({
    name: 'claim_file',
    title: 'Claim shared files',
    description:
      'Keeps others from changing these files for a while; they can still read them. Send lease_id and fencing_token with your writes: then nothing of yours is written once the claim is lost. Renew it while you work, release it when you are done. It ends by itself with your hand-out of the task.',
    kind: 'makes',
    icon: 'file',
    needs: ['workspace.write'],
    input: z.strictObject({
      ...actingFields,
      paths: z
        .array(z.string().min(1).max(4096))
        .min(1)
        .max(MAX_PATTERNS)
        .describe('Paths, or patterns: * within a folder, ** across folders, ? one character. All or none.'),
      seconds,
    }),
    output: leaseSchema,
    example: { task_id: EXAMPLE_TASK, as: 'reviewer', paths: [EXAMPLE.newName] },
    async handle({ services, actor }, input) {
      const wish = { ...whoOf(input), patterns: input.paths, ttlMs: input.seconds * 1000 };
      return presentLease(await claimFiles(services, actor, wish));
    },
  }),

  tool({
    name: 'renew_claim',
    title: 'Renew a claim',
    description:
      'Lets a claim hold on, from now. Refused once it is lost: claim again then, and read what changed.',
    kind: 'sets',
    icon: 'file',
    needs: ['workspace.write'],
    input: z.strictObject({ ...actingFields, ...leaseFields, seconds }),
    output: leaseSchema,
    example: { task_id: EXAMPLE_TASK, as: 'writer', lease_id: EXAMPLE.claim, fencing_token: 1 },
    async handle({ services, actor }, input) {
      const wish = { ...whoOf(input), lease: proof(input), ttlMs: input.seconds * 1000 };
      return presentLease(await renewClaim(services, actor, wish));
    },
  }),

  tool({
    name: 'release_file',
    title: 'Release a claim',
    description: 'Gives claimed files back, so that others can change them.',
    kind: 'sets',
    icon: 'file',
    needs: ['workspace.write'],
    input: z.strictObject({ ...actingFields, ...leaseFields }),
    output: z.object({ released: z.boolean().describe('False: it held no more anyway.') }),
    example: { task_id: EXAMPLE_TASK, as: 'writer', lease_id: EXAMPLE.claim, fencing_token: 1 },
    async handle({ services, actor }, input) {
      return releaseClaim(services, actor, { ...whoOf(input), lease: proof(input) });
    },
  }),
] as const;
