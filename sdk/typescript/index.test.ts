import * as declared from '@signalbox/sdk';
import { expect, test } from 'vitest';
import * as built from './lib/agent.mjs';
import { createClient } from './lib/client.mjs';
import * as errors from './lib/errors.mjs';

test('what is declared is what is built', () => {
  // The types are the test: an implementation that does not fit its declaration does not compile.
  const fits: Pick<typeof declared, 'runAgent' | 'startAgent' | 'createClient'> = { ...built, createClient };
  const failure: declared.TaskFailure = new errors.TaskFailure('x');
  const refusal: declared.SignalboxError = new errors.SignalboxError('CONFLICT', 'x');
  expect(declared).toMatchObject(fits);
  expect([failure, refusal]).toEqual([expect.any(declared.TaskFailure), expect.any(declared.SignalboxError)]);
});
