import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSigner } from '#server/identity/audit/signer.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEY = { id: 'test', bytes: Buffer.alloc(32, 3) };
const SIGNALBOX_SECRET_KEYS = `${KEY.id}:${KEY.bytes.toString('base64')}`;

let program: TestApp;
beforeAll(async () => {
  program = await startTestApp({ SIGNALBOX_SECRET_KEYS });
});
afterAll(() => program[Symbol.asyncDispose]());

/** The program as a person starts it. */
function runAudit(...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, DATABASE_URL: program.database.url, SIGNALBOX_SECRET_KEYS };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['server/tools/audit.ts', ...args],
      { cwd: ROOT, env },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, out: `${stdout}${stderr}`.trim() }),
    );
  });
}

test('npm run audit finds a sound chain sound, and what was cut off by the checkpoints of a log', async () => {
  const { services, actor, database } = program;
  for (const target of ['one', 'two', 'three']) await services.record(actor, 'test.done', { target });
  const sound = await runAudit();
  expect(sound).toMatchObject({ code: 0 });
  expect(sound.out).toContain('3 entries are sound');

  const [head] = await database.sql<{ org: string; seq: string; hash: Uint8Array; at: Date }[]>`
    SELECT replace(org_id::text, '-', '') AS org, seq, hash, at FROM audit_heads`;
  if (!head) throw new Error('there is no head');
  const signer = createSigner(KEY);
  const text = { orgUuid: head.org, seq: 3, hash: head.hash, at: head.at };
  const checkpoint = {
    org: head.org,
    seq: 3,
    hash: Buffer.from(head.hash).toString('hex'),
    at: head.at.toISOString(),
    key_id: signer.keyId,
    signature: signer.sign(text).toString('base64'),
  };
  const log = join(program.dataDir, 'kept.log');
  await writeFile(log, `not JSON\n${JSON.stringify({ msg: 'other' })}\n${JSON.stringify({ checkpoint })}\n`);
  await database.sql.begin(async (tx) => {
    await tx`ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_final`;
    await tx`DELETE FROM audit_entries WHERE seq = 3`;
  });
  expect(await runAudit()).toMatchObject({ code: 0 });
  const cut = await runAudit('--checkpoints', log);
  expect(cut.code).toBe(1);
  expect(cut.out).toContain('entry 3 is missing: a checkpoint was signed at 3');
});
