import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
    expect(await listViews(services, actor, { place })).toEqual([
      { name: 'failed', query: 'status=failed&created=24h' },
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
    expect(await listViews(services, actor, { place })).toContainEqual({ name: 'view 7', query: 'tag=x' });
  });
});
