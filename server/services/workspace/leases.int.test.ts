import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { taskId, toUuid } from '#server/domain/ids.ts';
import { isTaskHeld } from '#server/domain/statuses.ts';
import { matchesGlob, toGlob, toSqlPattern } from '#server/domain/workspace/glob.ts';
import type { Actor } from '#server/identity/actor.ts';
import { leaseOf, refused, workspaceSuite } from '#server/testing/workspace/rig.ts';
import { getRun } from '../run/get.ts';
import { listHistory } from './browse.ts';
import { writeFile } from './files.ts';
import { claimFiles, forceRelease, listLeases, releaseClaim, renewClaim } from './leases.ts';
import { leaveWorkspace, listCollaborators } from './talk.ts';

const { at, program, of, put, contentOf, claim, expire } = workspaceSuite();
const PATIENCE = { timeout: 60_000, interval: 20 };

describe('claims', () => {
  test('keep others from writing, not from reading, and are told of', async () => {
    await put('a', 'x');
    const held = await claim('ada', ['a', 'src/**']);
    expect(held.until.getTime() - held.since.getTime()).toBe(60_000);
    expect(await refused(put('a', 'y', { baseVersion: 1, as: 'grace' }))).toMatchObject({
      kind: 'locked',
      heldBy: { name: 'ada', since: held.since, until: held.until },
    });
    expect(await contentOf('a')).toBe('x');
    expect(await refused(claim('grace', ['b', 'src/*.ts']))).toMatchObject({
      kind: 'locked',
      path: 'src/*.ts',
      heldBy: { name: 'ada' },
    });
    // Its holder needs not show it.
    await put('a', 'y', { baseVersion: 1 });
    await put('a', 'z', { baseVersion: 2, lease: leaseOf(held) });
    expect((await listHistory(...at(), { of: of(), path: 'a' })).items[0]).toMatchObject({
      token: held.token,
    });
    await releaseClaim(...at(), { of: of(), as: 'ada', lease: leaseOf(held) });
    await claim('grace', ['src/*.ts']);
  });

  test('are renewed while they hold, and by nobody else', async () => {
    const held = await claim('ada', ['a'], { ttlMs: 30_000 });
    const renewed = await renewClaim(...at(), { of: of(), as: 'ada', lease: leaseOf(held), ttlMs: 600_000 });
    expect(renewed.until.getTime()).toBeGreaterThan(held.until.getTime());
    expect(renewed.token).toBe(held.token);
    await expect(renewClaim(...at(), { of: of(), as: 'grace', lease: leaseOf(held) })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('no such claim of yours'),
    });
    await expire(held.leaseId);
    await expect(renewClaim(...at(), { of: of(), as: 'ada', lease: leaseOf(held) })).rejects.toMatchObject({
      message: expect.stringContaining('time of the claim was over'),
    });
  });

  test('whose time is over write nothing, though nobody else has come and the version is right', async () => {
    await put('a', 'x');
    const held = await claim('ada', ['a']);
    await expire(held.leaseId);
    expect(await refused(put('a', 'y', { baseVersion: 1, lease: leaseOf(held) }))).toMatchObject({
      kind: 'lease-lost',
      why: expect.stringContaining('time of the claim was over'),
      heldBy: null,
    });
    expect(await contentOf('a')).toBe('x');
  });

  test('a holder that slept while another took over writes nothing: its token is old', async () => {
    await put('a', 'x');
    const slow = await claim('ada', ['a']);
    await expire(slow.leaseId);
    const quick = await claim('grace', ['a']);
    expect(quick.token).toBeGreaterThan(slow.token);
    await put('a', 'of grace', { baseVersion: 1, as: 'grace', lease: leaseOf(quick) });
    // It has looked what is there, so the version alone would let it through.
    expect(await refused(put('a', 'of ada', { baseVersion: 2, lease: leaseOf(slow) }))).toMatchObject({
      kind: 'lease-lost',
      heldBy: { name: 'grace' },
    });
    expect(
      await refused(put('a', 'of ada', { baseVersion: 2, lease: { id: quick.leaseId, token: quick.token } })),
    ).toMatchObject({ kind: 'lease-lost', why: 'there is no such claim of yours' });
    expect(
      await refused(
        put('a', 'x', { baseVersion: 2, as: 'grace', lease: { ...leaseOf(quick), token: slow.token } }),
      ),
    ).toMatchObject({ kind: 'lease-lost', why: 'the fencing token is not that of the claim' });
    expect(await refused(put('b', 'x', { as: 'grace', lease: leaseOf(quick) }))).toMatchObject({
      why: 'the claim is of other files',
    });
    expect(await contentOf('a')).toBe('of grace');
  });

  test('end with the hand-out that they were made for', async () => {
    const [task] = await vi.waitFor(async () => {
      const { tasks } = await getRun(...at(), { id: of() });
      expect(tasks.every(({ status }) => isTaskHeld(status))).toBe(true);
      return tasks;
    }, PATIENCE);
    const mine = { of: taskId(of(), 0) as never, epoch: task?.epoch as number, as: 'worker' };
    const held = await claimFiles(...at(), { ...mine, patterns: ['a'] });
    await writeFile(...at(), { ...mine, path: 'a', content: 'x', lease: leaseOf(held) });
    expect(await refused(put('a', 'y', { baseVersion: 1 }))).toMatchObject({ kind: 'locked' });
    // The task is taken from it, as the engine does when an agent is lost.
    await program().database
      .sql`UPDATE tasks SET epoch = epoch + 1 WHERE run_id = ${toUuid(of())}::text::uuid AND idx = 0`;
    expect(await listLeases(...at(), { of: of() })).toEqual([]);
    expect(
      (await listCollaborators(...at(), { of: of() })).find(({ name }) => name === 'worker'),
    ).toMatchObject({
      isHere: false,
    });
    await expect(
      writeFile(...at(), { ...mine, path: 'a', content: 'z', baseVersion: 1 }),
    ).rejects.toMatchObject({
      code: 'STALE_EPOCH',
    });
    await put('a', 'y', { baseVersion: 1 });
    await program().database
      .sql`UPDATE tasks SET epoch = epoch - 1 WHERE run_id = ${toUuid(of())}::text::uuid AND idx = 0`;
  });

  test('are taken away with a reason, which the audit keeps and the holder is told', async () => {
    await put('a', 'x');
    const held = await claim('ada', ['a']);
    await forceRelease(...at(), { of: of(), leaseId: held.leaseId, reason: 'ada has gone home' });
    expect(await refused(put('a', 'y', { baseVersion: 1, lease: leaseOf(held) }))).toMatchObject({
      why: 'the claim was taken away by local owner (ada has gone home)',
    });
    await put('a', 'y', { baseVersion: 1, as: 'grace' });
    const [entry] = await program().database.sql`SELECT body FROM audit_entries
      WHERE body LIKE '%workspace.claim-taken-away%' ORDER BY seq DESC LIMIT 1`;
    expect(JSON.parse(entry?.body)).toMatchObject({
      target: of(),
      reason: 'ada has gone home',
      before: { held_by: 'ada' },
    });
    await expect(
      forceRelease(...at(), { of: of(), leaseId: held.leaseId, reason: 'again' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const viewer: Actor = { ...program().actor, role: 'designer' };
    await expect(
      forceRelease(program().services, viewer, { of: of(), leaseId: held.leaseId, reason: 'mine' }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('are given back by whoever leaves', async () => {
    await claim('ada', ['a']);
    await claim('ada', ['b/**']);
    expect(await leaveWorkspace(...at(), { of: of(), as: 'ada' })).toEqual({ released: 2 });
    await claim('grace', ['**']);
  });

  test('of two at one moment one is made', async () => {
    const claims = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => claim(`agent ${n}`, [n % 2 ? 'src/**' : 'src/*.ts'])),
    );
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('Postgres matches a pattern as the domain does', async () => {
    const parts = fc.array(fc.constantFrom('a', '.', '[', '/', '*', '**', '**/', '?', '日', '+'), {
      minLength: 1,
      maxLength: 7,
    });
    const path = fc.array(fc.constantFrom('a', '.', '[', '/', '日', '+'), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(parts, path), { minLength: 30, maxLength: 30 }), async (cases) => {
        const pairs = cases
          .map(([pattern, name]) => [pattern.join(''), name.join('')] as const)
          .filter(([pattern]) => toGlob(pattern).ok);
        const rows = await program().database.sql<{ hit: boolean }[]>`
          SELECT name ~ pattern AS hit FROM ROWS FROM (
            json_array_elements_text(${JSON.stringify(pairs.map(([pattern]) => toSqlPattern(pattern)))}::text::json),
            json_array_elements_text(${JSON.stringify(pairs.map(([, name]) => name))}::text::json)) AS p (pattern, name)`;
        expect(rows.map(({ hit }) => hit)).toEqual(
          pairs.map(([pattern, name]) => matchesGlob(pattern, name)),
        );
      }),
      { numRuns: 60 },
    );
  });
});
