import { expect, test } from 'vitest';
import { createPasswords } from './passwords.ts';

const cheap = { memoryKib: 64, passes: 1 };

test('a password is known again, another one is not, and equal ones are kept differently', async () => {
  const passwords = createPasswords(cheap);
  const [one, two] = [await passwords.hash('correct horse'), await passwords.hash('correct horse')];
  expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  expect(one).not.toBe(two);
  expect(await passwords.verify('correct horse', one)).toBe(true);
  expect(await passwords.verify('correct horsE', one)).toBe(false);
});

test('nobody has a password, not even the one that stands in for them', async () => {
  const passwords = createPasswords(cheap);
  for (const guess of ['', 'nobody', 'null']) expect(await passwords.verify(guess, null)).toBe(false);
});

test('letters that look the same are the same password', async () => {
  const passwords = createPasswords(cheap);
  expect(await passwords.verify('pa\u0308ss', await passwords.hash('p\u00e4ss'))).toBe(true);
});

test('what was kept with other costs is still known', async () => {
  const old = await createPasswords({ memoryKib: 128, passes: 2 }).hash('secret words');
  expect(await createPasswords(cheap).verify('secret words', old)).toBe(true);
});

test('the derivation is argon2id as others compute it', async () => {
  // The same algorithm from two hands: the one that is fallen back to, and the one that Node has.
  const { argon2id } = await import('@noble/hashes/argon2.js');
  const tag = argon2id('password', 'somesalt', { m: 64, t: 2, p: 1, dkLen: 32 });
  const plain = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replaceAll('=', '');
  const kept = `$argon2id$v=19$m=64,t=2,p=1$${plain(Buffer.from('somesalt'))}$${plain(tag)}`;
  expect(await createPasswords(cheap).verify('password', kept)).toBe(true);
});

test('a flood waits in a short line and the rest is turned away', async () => {
  const passwords = createPasswords({ ...cheap, maxAtOnce: 1, maxWaiting: 2 });
  const kept = await passwords.hash('x');
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => passwords.verify('x', kept)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  for (const outcome of tries) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'LIMITED' });
  }
  expect(await passwords.verify('x', kept)).toBe(true);
});
