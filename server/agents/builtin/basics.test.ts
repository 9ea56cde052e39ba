import { afterAll, expect, test } from 'vitest';
import { createHarness, failureOf } from './data/testing/harness.ts';

const harness = createHarness();
afterAll(() => harness.stop());

test('echo returns its input and says that it is a demonstration', async () => {
  expect(await harness.run('echo', { a: [1, null] })).toEqual({ a: [1, null] });
  expect(harness.logs.at(-1)?.message).toContain('demonstration');
});

test('sleep returns its input after the time it was told', async () => {
  expect(await harness.run('sleep', 'x', { config: { ms: 1 } })).toBe('x');
});

test('sleep ends at once when it is told to stop', async () => {
  const controller = new AbortController();
  const asleep = failureOf(
    harness.run('sleep', null, { config: { ms: 3_600_000 }, signal: controller.signal }),
  );
  controller.abort();
  expect((await asleep).code).toBe('ABORTED');
});

test('fail fails with the class, code and message of its config', async () => {
  const config = { errorClass: 'rate-limited', code: 'BUSY', message: 'Later.' };
  expect(await failureOf(harness.run('fail', null, { config }))).toMatchObject(config);
});

test('fail lets the attempt after the first n succeed', async () => {
  const config = { times: 2 };
  expect((await failureOf(harness.run('fail', 7, { config, attempt: 2 }))).code).toBe('FAILED_ON_PURPOSE');
  expect(await harness.run('fail', 7, { config, attempt: 3 })).toBe(7);
});

test.each(['echo', 'sleep', 'fail'])('%s refuses a config that it does not know', async (capability) => {
  expect(await failureOf(harness.run(capability, null, { config: { unknown: 1 } }))).toMatchObject({
    errorClass: 'invalid-input',
    code: 'CONFIG_INVALID',
  });
});
