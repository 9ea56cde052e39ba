import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sql } from '#db/client.ts';
import { DEFAULT_ORG_ID, toUuid } from '#server/domain/ids.ts';
import { putSecret } from '#server/services/secret/secrets.ts';
import { startTestApp, type TestApp } from '#server/testing/app.ts';
import { createSecretStore } from './store.ts';

const OLD = { id: 'old', bytes: Buffer.alloc(32, 1) };
const NEW = { id: 'new', bytes: Buffer.alloc(32, 2) };
const text = ({ id, bytes }: typeof OLD) => `${id}:${bytes.toString('base64')}`;

let program: TestApp;
beforeAll(async () => {
  program = await startTestApp({ SIGNALBOX_SECRET_KEYS: text(OLD) });
});
afterAll(() => program[Symbol.asyncDispose]());

test('secrets are read under the key they were stored with, and moved to a new one in any number of steps', async () => {
  const { services, actor, database } = program;
  for (let count = 0; count < 5; count += 1)
    await putSecret(services, actor, { name: `s${count}`, value: `v${count}` });
  const [row] = await database.sql<{ sealed: Uint8Array }[]>`SELECT sealed FROM secrets WHERE name = 's0'`;
  expect(Buffer.from(row?.sealed ?? []).toString('latin1')).not.toContain('v0');

  const lost = createSecretStore(database.sql, [NEW]);
  await expect(lost.checkKeys()).rejects.toThrow('under the key old, which is not there');

  const both = createSecretStore(database.sql, [NEW, OLD]);
  expect(await both.rotate()).toBe(5);
  expect(await both.rotate()).toBe(0);
  await lost.checkKeys();
  expect(await lost.read(DEFAULT_ORG_ID, 's3')).toBe('v3');
  expect(await lost.read(DEFAULT_ORG_ID, 'none')).toBeNull();
});

const ROOT = join(import.meta.dirname, '../../..');
/** More than two pages of those that a rotation reads at once. */
const MANY = 450;
const STOPS_AFTER = 250;

/** The program as a person starts it. */
function runSecrets(keys: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, DATABASE_URL: program.database.url, SIGNALBOX_SECRET_KEYS: keys };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['server/tools/secrets.ts', ...args],
      { cwd: ROOT, env },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, out: `${stdout}${stderr}`.trim() }),
    );
  });
}

/** Goes away in the middle, as a program does that is ended. */
function cutAfter(sql: Sql, updates: number): Sql {
  let left = updates;
  const cut = (texts: TemplateStringsArray, ...values: never[]) => {
    if (texts.join('').includes('UPDATE secrets') && left-- === 0) throw new Error('cut off');
    return sql(texts, ...values);
  };
  return cut as unknown as Sql;
}

test('a rotation of many that is stopped half way leaves all of them readable, and npm run secrets moves the rest', async () => {
  const { sql } = program.database;
  await sql`DELETE FROM secrets`;
  const before = createSecretStore(sql, [OLD]);
  const orgUuid = toUuid(DEFAULT_ORG_ID);
  for (let number = 0; number < MANY; number += 1) {
    const name = `many${number}`;
    const { keyId, wrappedKey, sealed } = before.seal(`value ${number}`, { orgUuid, name, version: 1 });
    await sql`INSERT INTO secrets (org_id, name, version, key_id, wrapped_key, sealed)
      VALUES (${orgUuid}::text::uuid, ${name}, 1, ${keyId}, ${wrappedKey}, ${sealed})`;
  }
  const under = async (id: string) => (await sql`SELECT FROM secrets WHERE key_id = ${id}`).length;

  const stopped = createSecretStore(cutAfter(sql, STOPS_AFTER), [NEW, OLD]);
  await expect(stopped.rotate()).rejects.toThrow('cut off');
  expect([await under('new'), await under('old')]).toEqual([STOPS_AFTER, MANY - STOPS_AFTER]);
  const both = createSecretStore(sql, [NEW, OLD]);
  for (let number = 0; number < MANY; number += 1)
    expect(await both.read(DEFAULT_ORG_ID, `many${number}`)).toBe(`value ${number}`);

  expect(await runSecrets(text(NEW), 'rotate')).toMatchObject({
    code: 2,
    out: expect.stringContaining('under the key old, which is not there'),
  });
  expect(await runSecrets(`${text(NEW)},${text(OLD)}`, 'rotate')).toEqual({
    code: 0,
    out: `${MANY - STOPS_AFTER} secrets were moved; all are under the key new now.`,
  });
  expect([await under('new'), await under('old')]).toEqual([MANY, 0]);
  expect(await runSecrets(text(NEW), 'turn')).toMatchObject({
    code: 2,
    out: expect.stringContaining('rotate'),
  });
  expect(await runSecrets(text(NEW))).toMatchObject({ code: 0 });
});
