import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunId } from '#server/domain/ids.ts';
import { isRunOver } from '#server/domain/statuses.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { createPipeline } from '../pipeline/create.ts';
import { updateDraft } from '../pipeline/update-draft.ts';
import { cancelRun } from '../run/cancel.ts';
import { getRun } from '../run/get.ts';
import { startRun } from '../run/start.ts';
import { deleteSecret, listSecrets, putSecret } from '../secret/secrets.ts';
import { getAuditEntry } from './get.ts';
import { listAudit } from './list.ts';
import { verifyAuditLog } from './verify.ts';

let program: TestApp;
const at = () => [program.services, program.actor] as const;
beforeAll(async () => {
  program = await startTestApp();
});
afterAll(() => program[Symbol.asyncDispose]());

const actionsOn = async (target: string) =>
  (await listAudit(...at(), { target })).items.map(({ action }) => action).toReversed();

let tries = 0;
/** Of this try: what an earlier one has made is still there. */
const named = (what: string) => `${what}${++tries}`;

const sleeper = { stages: [{ key: 'only', type: 'sleep', config: { ms: 60_000 } }] };

describe('what verbs leave in the audit', () => {
  test('a pipeline: that it was made and changed, with the revisions', async () => {
    const { id } = await createPipeline(...at(), {
      name: named('audited'),
      document: sleeper,
      publish: true,
    });
    await updateDraft(...at(), { id, revision: 1, document: { ...sleeper, deadlineSeconds: 90 } });
    await expect(updateDraft(...at(), { id, revision: 1, document: sleeper })).rejects.toThrow(
      'has been changed',
    );
    expect(await actionsOn(id)).toEqual(['pipeline.created', 'pipeline.draft-saved']);
    const [entry] = (await listAudit(...at(), { action: 'pipeline.draft-saved' })).items;
    expect(entry).toMatchObject({ before: { revision: 1 }, after: { revision: 2 } });
  });

  test('a run: one entry for a start, none for its repetition, one for each step that had an effect', async () => {
    const { id: pipelineId } = await createPipeline(...at(), {
      name: named('runs'),
      document: sleeper,
      publish: true,
    });
    const countStarts = async () => (await listAudit(...at(), { action: 'run.started' })).items.length;
    const startsBefore = await countStarts();
    const order = { pipelineId, idempotencyKey: named('once') };
    const [first] = await Promise.all([1, 2, 3].map(() => startRun(...at(), order)));
    const id = first?.run.id as RunId;
    await cancelRun(...at(), { id, graceSeconds: 0 });
    await vi.waitFor(async () => expect(isRunOver((await getRun(...at(), { id })).status)).toBe(true), {
      timeout: 30_000,
    });
    // Who asks again has what was asked for, and changes nothing.
    expect((await cancelRun(...at(), { id })).status).toBe('cancelled');
    expect(await actionsOn(id)).toEqual(['run.started', 'run.cancelled']);
    expect(await countStarts()).toBe(startsBefore + 1);
  });

  test('a secret: that it was stored and removed, and not a letter of it', async () => {
    const name = named('billing.key');
    const before = (await listSecrets(...at(), {})).items.map((secret) => secret.name);
    await putSecret(...at(), { name, value: 'horse battery' });
    const { version } = await putSecret(...at(), { name, value: 'staple horse' });
    expect(version).toBe(2);
    expect((await listSecrets(...at(), {})).items.map((secret) => secret.name).sort()).toEqual(
      [...before, name].sort(),
    );
    await deleteSecret(...at(), { name });
    expect(await actionsOn(name)).toEqual(['secret.stored', 'secret.stored', 'secret.deleted']);
    expect(JSON.stringify(await listAudit(...at(), { target: name }))).not.toContain('horse');
  });

  test('can be asked for one by one, by their number', async () => {
    const [newest] = (await listAudit(...at(), { limit: 1 })).items;
    const seq = newest?.seq ?? 0;
    expect(await getAuditEntry(...at(), { seq })).toEqual(newest);
    expect(await getAuditEntry(...at(), { seq: 1 })).toMatchObject({ seq: 1 });
    await expect(getAuditEntry(...at(), { seq: seq + 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('are all in one chain that can be checked, page by page and as a whole', async () => {
    const first = await listAudit(...at(), { limit: 2 });
    const second = await listAudit(...at(), { limit: 200, cursor: first.nextCursor ?? '' });
    const numbers = [...first.items, ...second.items].map(({ seq }) => seq);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, place) => numbers.length - place));
    expect(await verifyAuditLog(...at())).toMatchObject({ entries: numbers.length, fault: null });
  });
});
