import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
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
