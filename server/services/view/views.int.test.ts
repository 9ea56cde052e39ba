import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeId } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { listViews, removeView, saveView } from './views.ts';

let program: TestApp;
const place = 'runs' as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

describe('saved views', () => {
  test('are one person’s own, replaced under their name, and removed once and for all', async () => {
    const { services, actor } = program;
    const other = { ...actor, id: 'user_019fcb2a4c7d7e10a1b2c3d4e5f60099' };
    await saveView(services, actor, { place, name: 'failed', query: 'status=failed' });
    await saveView(services, actor, { place, name: ' failed ', query: 'status=failed&created=24h' });
    expect(await listViews(services, actor, { place })).toMatchObject([
      { name: 'failed', query: 'status=failed&created=24h', shared: false, mine: true },
    ]);
    expect(await listViews(services, other, { place })).toEqual([]);
    await removeView(services, other, { place, name: 'failed' });
    expect(await listViews(services, actor, { place })).toHaveLength(1);
    for (const _ of [1, 2]) await removeView(services, actor, { place, name: 'failed' });
    expect(await listViews(services, actor, { place })).toEqual([]);
  });

  test('are as many as a menu can show, and those that are there can still be changed', async () => {
    const { services, actor } = program;
    for (let at = 0; at < 50; at++) await saveView(services, actor, { place, name: `view ${at}`, query: '' });
    await expect(saveView(services, actor, { place, name: 'one more', query: '' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await saveView(services, actor, { place, name: 'view 7', query: 'tag=x' });
    expect(await listViews(services, actor, { place })).toContainEqual({
      ...{ name: 'view 7', query: 'tag=x' },
      ...{ shared: false, mine: true, maker: null },
    });
  });

  test('that are shared are seen by all of the organisation and changed by their maker, an owner or an admin', async () => {
    const { services, actor } = program;
    const as = (id: string, role: Actor['role']): Actor => ({ ...actor, id: `user_${id}`, role });
    const [maker, viewer, admin] = [as('maker', 'operator'), as('viewer', 'viewer'), as('admin', 'admin')];
    const stranger: Actor = { ...viewer, orgId: makeId('org', 'e'.repeat(32)) };
    const view = { place, name: 'ours', query: 'status=failed' };
    const seenBy = async (who: Actor) =>
      (await listViews(services, who, { place })).filter(({ name }) => name === 'ours');
    await saveView(services, maker, view);
    expect(await seenBy(viewer)).toEqual([]);
    await saveView(services, maker, { ...view, shared: true });
    expect(await seenBy(viewer)).toMatchObject([{ query: 'status=failed', shared: true, mine: false }]);
    expect(await seenBy(stranger)).toEqual([]);

    const change = { ...view, query: 'tag=x', shared: true };
    await expect(saveView(services, viewer, change)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(removeView(services, viewer, { place, name: 'ours', shared: true })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await saveView(services, admin, change);
    expect(await seenBy(maker)).toMatchObject([{ query: 'tag=x', shared: true, mine: true }]);
    // One of one's own may have the name of one that is shared.
    await saveView(services, viewer, { ...view, query: 'mine' });
    expect(await seenBy(viewer)).toHaveLength(2);
    await removeView(services, admin, { place, name: 'ours', shared: true });
    expect(await seenBy(viewer)).toMatchObject([{ query: 'mine', shared: false }]);
    expect(await seenBy(maker)).toEqual([]);
  });

  test('are not shared by a key that is narrowed to reading', async () => {
    const { services, actor } = program;
    const key: Actor = { ...actor, kind: 'key', id: 'key_1', scopes: ['runs:read'] };
    await saveView(services, key, { place, name: 'own', query: '' });
    await expect(
      saveView(services, key, { place, name: 'own', query: '', shared: true }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
