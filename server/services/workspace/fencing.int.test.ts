import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conflictOf } from '#server/agents/workspace/desk.ts';
import type { Conflict } from '#server/domain/workspace/conflict.ts';
import { globsOverlap, matchesGlob } from '#server/domain/workspace/glob.ts';
import { endRun, startOpenRun, workspaceSuite } from '#server/testing/workspace/rig.ts';

const { at, program, expire } = workspaceSuite();

interface Believed {
  holder: string;
  pattern: string;
  proof: { id: string; token: number };
  isLive: boolean;
}

const holder = fc.constantFrom('ada', 'grace', 'mary');
const path = fc.constantFrom('a', 'src/b', 'src/c');
/** Which of the claims that were made, newest first. */
const which = fc.nat(3);
const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('claim' as const),
        holder,
        pattern: fc.constantFrom('a', 'src/*', '**'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), holder, which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), holder, which }) },
    {
      weight: 5,
      arbitrary: fc.record({
        ...{ do: fc.constant('write' as const), holder, path, which: fc.option(which) },
        isCurrent: fc.boolean(),
      }),
    },
  ),
  { minLength: 6, maxLength: 16 },
);

test('whatever is claimed, lost, renewed and written in whatever order: only who may write does', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (order) => {
      const runId = await startOpenRun(...at());
      const place = { runId, orgId: program().actor.orgId };
      const { files, leases } = program().services.workspaces;
      const as = (name: string) => ({ holder: name, name, hand: null });
      const claims: Believed[] = [];
      const versions = new Map<string, number>();
      const outcome = async (work: Promise<unknown>): Promise<Conflict['kind'] | 'refused' | 'done'> => {
        try {
          await work;
          return 'done';
        } catch (error) {
          return conflictOf(error)?.kind ?? 'refused';
        }
      };
      for (const step of order) {
        if (step.do === 'claim') {
          const isFree = !claims.some((claim) => claim.isLive && globsOverlap(claim.pattern, step.pattern));
          const wish = leases.claim(place, as(step.holder), { patterns: [step.pattern], ttlMs: 3_600_000 });
          expect(await outcome(wish)).toBe(isFree ? 'done' : 'locked');
          if (!isFree) continue;
          const { leaseId: id, token } = await wish;
          expect(claims.every((claim) => claim.proof.token < token)).toBe(true);
          claims.unshift({ holder: step.holder, pattern: step.pattern, proof: { id, token }, isLive: true });
          continue;
        }
        const claim = step.which === null ? undefined : claims[step.which];
        if (step.do !== 'write') {
          if (!claim) continue;
          if (step.do === 'expire') {
            if (claim.isLive) await expire(claim.proof.id);
            claim.isLive = false;
            continue;
          }
          const isOwn = claim.holder === step.holder;
          const asked =
            step.do === 'renew'
              ? leases.renew(place, as(step.holder), { lease: claim.proof, ttlMs: 3_600_000 })
              : leases.release(place, as(step.holder), claim.proof);
          const isFine = isOwn && (claim.isLive || step.do === 'release');
          expect(await outcome(asked)).toBe(isFine ? 'done' : 'refused');
          if (isFine && step.do === 'release') claim.isLive = false;
          continue;
        }
        const version = versions.get(step.path) ?? 0;
        const covers = ({ pattern, isLive }: Believed) => isLive && matchesGlob(pattern, step.path);
        const mayWrite = claim
          ? claim.holder === step.holder && covers(claim)
          : !claims.some((other) => other.holder !== step.holder && covers(other));
        const written = await outcome(
          files.write(place, as(step.holder), {
            path: step.path,
            content: { text: `${step.holder} ${version}` },
            baseVersion: step.isCurrent ? version : version + 1,
            ...(claim ? { lease: claim.proof } : {}),
          }),
        );
        const refusal = claim ? 'lease-lost' : 'locked';
        expect(written).toBe(mayWrite ? (step.isCurrent ? 'done' : 'outdated') : refusal);
        if (written === 'done') versions.set(step.path, version + 1);
      }
      for (const [name, version] of versions)
        expect((await files.read(place, { path: name })).version).toBe(version);
      await endRun(...at(), runId);
    }),
    { numRuns: 25 },
  );
});
